"""Rows in one order, walked a page at a time by the values that they are sorted by: pages survive inserts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final, Generic
from uuid import UUID

from tortoise import Model
from tortoise.exceptions import ValidationError
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from domain.errors import BadInputError
from domain.storage.filters import Row, is_keepable

_INT_BITS: Final = 31  # of PostgreSQL's int, without the sign


def _text(text: str) -> str:
    if not is_keepable(text):
        raise ValueError("no text that is kept")
    return text


def _whole(text: str) -> int:
    if (number := int(text)).bit_length() > _INT_BITS:
        raise ValueError("out of range")
    return number


def _instant(text: str) -> datetime:
    if (at := datetime.fromisoformat(text)).tzinfo is None:
        raise ValueError("no time zone")
    return at


@dataclass(frozen=True, slots=True)
class Column:
    """A column to sort by, as Tortoise names it, and how its values are read from text."""

    name: str
    read: Callable[[str], Any]

    @classmethod
    def text(cls, name: str) -> "Column":
        return cls(name, _text)

    @classmethod
    def whole(cls, name: str) -> "Column":
        return cls(name, _whole)

    @classmethod
    def instant(cls, name: str) -> "Column":
        return cls(name, _instant)

    @classmethod
    def identity(cls) -> "Column":
        return cls("id", UUID)

    def of(self, row: Model) -> str:
        return str(reduce(getattr, self.name.split("__"), row))


@dataclass(frozen=True, slots=True)
class Keyset(Generic[Row]):
    """`columns` together tell any two rows apart; their values, as text, are a row's key."""

    rows: QuerySet[Row]
    columns: Sequence[Column]
    is_descending: bool = False

    def key(self, row: Row) -> list[str]:
        return [column.of(row) for column in self.columns]

    async def page(self, after: Sequence[str] | None, limit: int) -> list[Row]:
        """The first rows, or the first beyond a key; BadInputError where it is no key of such rows."""
        sign = "-" if self.is_descending else ""
        rows = self.rows.order_by(*(sign + column.name for column in self.columns)).limit(limit)
        try:
            return await (rows if after is None else rows.filter(self._beyond(self._values(after))))
        except (ValueError, OverflowError, ValidationError):
            raise BadInputError("The cursor is not one of this list's.") from None

    async def count(self) -> int:
        return await self.rows.count()

    def _values(self, key: Sequence[str]) -> list[Any]:
        return [column.read(text) for column, text in zip(self.columns, key, strict=True)]

    def _beyond(self, values: Sequence[Any]) -> Q:
        """Rows that sort after the values: what a comparison of rows would say, which Tortoise cannot."""
        beyond = "lt" if self.is_descending else "gt"
        names = [column.name for column in self.columns]
        steps = [
            Q(**dict(zip(names[:place], values, strict=False)), **{f"{name}__{beyond}": values[place]})
            for place, name in enumerate(names)
        ]
        # Implied by the steps; without it PostgreSQL would not start in the middle of an index.
        return Q(*steps, join_type=Q.OR) & Q(**{f"{names[0]}__{beyond}e": values[0]})
