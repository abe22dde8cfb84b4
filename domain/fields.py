"""PostgreSQL column types that Tortoise does not bring."""

from typing import Any

from tortoise.fields import Field, SqlDefault
from tortoise.fields.data import IntField

from domain.timerange import TimeRange, from_postgres


class SeriesField(IntField[int]):
    """The compact key of a pair's candles, counted up by PostgreSQL."""

    def __init__(self) -> None:
        super().__init__(unique=True, generated=False, db_default=SqlDefault("nextval('series')"))


class MultirangeField(Field[list[TimeRange]]):
    """A set of half-open time ranges, oldest first and merged. Only SQL writes it."""

    SQL_TYPE = "tstzmultirange"
    field_type = list

    def to_python_value(self, value: Any) -> list[TimeRange] | None:
        return None if value is None else from_postgres(value)
