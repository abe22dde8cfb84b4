"""Rows in one order, walked a page at a time by the values that they are sorted by: pages survive inserts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, Generic
from uuid import UUID

from domain.errors import BadInputError
from domain.storage.filters import Condition, is_keepable
from domain.storage.select import Row, Select

# Entities of a page where a client does not say how many, and at most; lists of candles have their own bound.
DEFAULT_FIRST: Final = 50
MAX_FIRST: Final = 1_000

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
    """A column to sort by: its SQL, where records have its value, and how that is read from text."""

    sql: str
    path: str
    read: Callable[[str], Any]

    @classmethod
    def text(cls, sql: str, path: str) -> "Column":
        return cls(sql, path, _text)

    @classmethod
    def whole(cls, sql: str, path: str) -> "Column":
        return cls(sql, path, _whole)

    @classmethod
    def instant(cls, sql: str, path: str) -> "Column":
        return cls(sql, path, _instant)

    @classmethod
    def identity(cls, sql: str) -> "Column":
        return cls(sql, "id", UUID)

    def of(self, row: object) -> str:
        return str(attrgetter(self.path)(row))


def order(columns: Sequence[Column], *, is_descending: bool = False) -> str:
    return "ORDER BY " + ", ".join(column.sql + (" DESC" if is_descending else "") for column in columns)


@dataclass(frozen=True, slots=True)
class Keyset(Generic[Row]):
    """`columns` together tell any two rows apart; their values, as text, are a row's key."""

    select: Select[Row]
    conditions: tuple[Condition, ...]
    columns: tuple[Column, ...]
    is_descending: bool = False

    def key(self, row: Row) -> list[str]:
        return [column.of(row) for column in self.columns]

    async def page(self, after: Sequence[str] | None, limit: int) -> list[Row]:
        """The first rows, or the first beyond a key; BadInputError where it is no key of such rows."""
        beyond = [] if after is None else self._beyond(self._values(after))
        rest = f"{order(self.columns, is_descending=self.is_descending)} LIMIT {limit}"
        return await self.select.rows([*self.conditions, *beyond], rest)

    async def count(self) -> int:
        return await self.select.count(self.conditions)

    def _values(self, key: Sequence[str]) -> list[Any]:
        try:
            return [column.read(text) for column, text in zip(self.columns, key, strict=True)]
        except (ValueError, OverflowError):
            raise BadInputError("after is not a cursor of this list; take one from pageInfo or edges.") from None

    def _beyond(self, values: Sequence[Any]) -> list[Condition]:
        """Rows that sort after the values."""
        names, sign = [column.sql for column in self.columns], "<" if self.is_descending else ">"
        places = [f"{{{place}}}" for place in range(len(names))]
        # The second says nothing new, but lets PostgreSQL start in the middle of the first column's index.
        found = f"({', '.join(names)}) {sign} ({', '.join(places)}) AND {names[0]} {sign}= {{0}}"
        return [Condition(found, tuple(values))]
