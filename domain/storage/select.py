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
    """`columns` of joined `tables`, as SQL names them, and how their rows are read.

    `values` stand in the tables' SQL as {0}, {1} and so on.
    """

    columns: str
    tables: str
    read: Callable[[Sequence[Record]], list[Row]]
    values: tuple[Any, ...] = ()

    async def rows(self, conditions: Sequence[Condition], rest: str = "") -> list[Row]:
        """`rest` is the order and the limit, in SQL."""
        source, values = self._source(conditions)
        async with connection() as db:
            found = await db.fetch(f"SELECT {self.columns} FROM {source} {rest}", *values)
        return self.read(found)

    async def first(self, conditions: Sequence[Condition]) -> Row | None:
        found = await self.rows(conditions, "LIMIT 1")
        return found[0] if found else None

    async def count(self, conditions: Sequence[Condition]) -> int:
        source, values = self._source(conditions)
        async with connection() as db:
            return int(await db.fetchval(f"SELECT count(*) FROM {source}", *values))

    def _source(self, conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
        """Tables, what their rows must match, and the parameters of both."""
        values = list[Any]()
        tables = _numbered(Condition(self.tables, self.values), values)
        found = [f"({_numbered(condition, values)})" for condition in conditions]
        return (f"{tables} WHERE {' AND '.join(found)}" if found else tables), values


def _numbered(condition: Condition, values: list[Any]) -> str:
    """The SQL with the numbers of its values, which join those before them."""
    places = range(len(values) + 1, len(values) + 1 + len(condition.values))
    values += condition.values
    return condition.sql.format(*(f"${place}" for place in places))


def shared(read: Callable[[Part], Made]) -> Callable[[Part], Made]:
    """Rows, or parts of them, with the same first value are read once."""
    made: dict[Any, Made] = {}

    def read_once(row: Part) -> Made:
        if row[0] not in made:
            made[row[0]] = read(row)
        return made[row[0]]

    return read_once
