"""Exchanges of the installation; what they list is kept by `listings` and read by `markets`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson

from domain.database import connection, transaction
from domain.errors import NotFoundError
from domain.records import Exchange
from domain.storage.filters import condition, contains
from domain.storage.select import Select

# Characters of a name that was not found which its message repeats.
_SHOWN_LENGTH: Final = 50


@dataclass(frozen=True, slots=True)
class ExchangeEntry:
    """An exchange of this installation; `rate_limit` and `timeout` in milliseconds, None for the adapter's own."""

    name: str
    adapter: str
    rate_limit: int | None
    timeout: int
    intervals: tuple[str, ...]


_ADD: Final = """
INSERT INTO exchanges (name, adapter, rate_limit, timeout, intervals)
VALUES ($1, $2, coalesce($3::int, $6::int), $4, $5)
ON CONFLICT (name) DO NOTHING
"""
_SET: Final = """
INSERT INTO exchanges (name, adapter, rate_limit, timeout, intervals)
VALUES ($1, $2, coalesce($3::int, $6::int), $4, $5)
ON CONFLICT (name) DO UPDATE
SET adapter = excluded.adapter, is_configured = TRUE, timeout = excluded.timeout, updated_at = now(),
    rate_limit = coalesce($3::int, exchanges.rate_limit),
    intervals = CASE WHEN exchanges.markets_refreshed_at IS NULL THEN excluded.intervals ELSE exchanges.intervals END
"""


_REMOVE: Final = """
UPDATE exchanges SET is_configured = FALSE, updated_at = now() WHERE is_configured AND name <> ALL ($1::text[])
"""


async def seed(entries: Sequence[ExchangeEntry], *, default_rate_limit: int, decides: bool) -> None:
    """Makes the exchanges of the configuration exist; what was loaded or switched stays.

    A configuration that decides is that of all of them from now on, and no others count.
    """
    async with transaction() as db:
        if decides:
            await db.execute(_REMOVE, [entry.name for entry in entries])
        for entry in entries:
            values = (entry.name, entry.adapter, entry.rate_limit, entry.timeout, intervals_json(entry.intervals))
            await db.execute(_SET if decides else _ADD, *values, default_rate_limit)


def intervals_json(intervals: Sequence[str]) -> str:
    return "[" + ",".join(f'"{text}"' for text in intervals) + "]"


COLUMNS: Final = """
e.id, e.name, e.adapter, e.is_active, e.rate_limit, e.timeout, e.markets_refreshed_at, e.created_at, e.updated_at,
e.is_configured, e.page_limit, e.page_milliseconds, e.history_slots, e.intervals
"""


def read(row: Sequence[Any]) -> Exchange:
    """From the values of the columns."""
    return Exchange._make([*row[:-1], _intervals(row[-1])])


@lru_cache(maxsize=256)
def _intervals(text: str) -> tuple[str, ...]:
    return tuple(orjson.loads(text))


_EXCHANGES: Final = Select(COLUMNS, "exchanges AS e", lambda rows: [read(tuple(row)) for row in rows])


async def find(name: str) -> Exchange | None:
    return await _EXCHANGES.first([condition("e.name = {0}", name)])


async def get(name: str) -> Exchange:
    """Raises NotFoundError."""
    if exchange := await find(name):
        return exchange
    shown = name[:_SHOWN_LENGTH].encode("unicode_escape").decode()
    raise NotFoundError(f"There is no exchange '{shown}' here; the query exchanges lists those there are.")


async def listed(*, is_active: bool | None = None, search: str | None = None) -> list[Exchange]:
    """Exchanges by name."""
    wanted = [condition("e.is_active = {0}", is_active)] if is_active is not None else []
    if search:
        wanted.append(contains(("e.name",), search))
    return await _EXCHANGES.rows(wanted, "ORDER BY e.name")


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Exchange]:
    return {exchange.id: exchange for exchange in await _EXCHANGES.rows([condition("e.id = ANY({0})", ids)])}


_SET_ACTIVE: Final = "UPDATE exchanges SET is_active = $2, updated_at = now() WHERE id = $1"


async def set_active(name: str, *, is_active: bool) -> Exchange:
    """Raises NotFoundError."""
    exchange = await get(name)
    async with connection() as db:
        await db.execute(_SET_ACTIVE, exchange.id, is_active)
    return await get(name)


_TELL_RATE: Final = """
UPDATE exchanges SET rate_limit = $2, page_limit = $3, history_slots = $4 WHERE name = $1
"""


async def set_rate(name: str, *, milliseconds: int, page_limit: int, history_slots: int | None) -> None:
    """What its adapter says of how it may be asked for candles."""
    async with connection() as db:
        await db.execute(_TELL_RATE, name, milliseconds, page_limit, history_slots)


async def set_page_milliseconds(name: str, milliseconds: float) -> None:
    """What a request for candles was charged."""
    async with connection() as db:
        await db.execute("UPDATE exchanges SET page_milliseconds = $2 WHERE name = $1", name, milliseconds)
