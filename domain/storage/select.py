"""Reading records by conditions: one statement, as plain as if it had been written out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from asyncpg import Record

from domain.database import connection
from domain.storage.filters import Condition

Row = TypeVar("Row")
Made = TypeVar("Made")
Part = TypeVar("Part", bound=Sequence[Any])


@dataclass(frozen=True, slots=True)
class Select(Generic[Row]):
    """`columns` of joined `tables`, as SQL names them, and how their rows are read."""

    columns: str
    tables: str
    read: Callable[[Sequence[Record]], list[Row]]

    async def rows(self, conditions: Sequence[Condition], rest: str = "") -> list[Row]:
        """`rest` is the order and the limit, in SQL."""
        where, values = _where(conditions)
        async with connection() as db:
            found = await db.fetch(f"SELECT {self.columns} FROM {self.tables} {where} {rest}", *values)
        return self.read(found)

    async def first(self, conditions: Sequence[Condition]) -> Row | None:
        found = await self.rows(conditions, "LIMIT 1")
        return found[0] if found else None

    async def count(self, conditions: Sequence[Condition]) -> int:
        where, values = _where(conditions)
        async with connection() as db:
            return int(await db.fetchval(f"SELECT count(*) FROM {self.tables} {where}", *values))


def _where(conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    """The clause and its parameters, numbered through."""
    found, values = list[str](), list[Any]()
    for condition in conditions:
        places = range(len(values) + 1, len(values) + 1 + len(condition.values))
        found.append(f"({condition.sql.format(*(f'${place}' for place in places))})")
        values += condition.values
    return (f"WHERE {' AND '.join(found)}" if found else ""), values


def shared(read: Callable[[Part], Made]) -> Callable[[Part], Made]:
    """Rows, or parts of them, with the same first value are read once."""
    made: dict[Any, Made] = {}

    def read_once(row: Part) -> Made:
        if row[0] not in made:
            made[row[0]] = read(row)
        return made[row[0]]

    return read_once
