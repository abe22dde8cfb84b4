"""Exchanges and what they list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson

from domain.database import connection, transaction
from domain.errors import NotFoundError
from domain.records import Exchange
from domain.storage.filters import condition, contains, is_keepable
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


_SEED: Final = """
INSERT INTO exchanges (name, adapter, rate_limit, timeout, intervals)
VALUES ($1, $2, coalesce($3::int, $6::int), $4, $5)
ON CONFLICT (name) DO UPDATE
SET adapter = excluded.adapter, rate_limit = coalesce($3::int, exchanges.rate_limit), timeout = excluded.timeout,
    updated_at = now(),
    intervals = CASE WHEN exchanges.markets_refreshed_at IS NULL THEN excluded.intervals ELSE exchanges.intervals END
"""


async def seed(entries: Sequence[ExchangeEntry], *, default_rate_limit: int) -> None:
    """Makes the exchanges of the configuration exist; what was loaded or switched since stays."""
    async with transaction() as db:
        for entry in entries:
            values = (entry.name, entry.adapter, entry.rate_limit, entry.timeout, _json(entry.intervals))
            await db.execute(_SEED, *values, default_rate_limit)


def _json(intervals: Sequence[str]) -> str:
    return "[" + ",".join(f'"{text}"' for text in intervals) + "]"


COLUMNS: Final = """
e.id, e.name, e.adapter, e.is_active, e.rate_limit, e.timeout, e.markets_refreshed_at, e.created_at, e.updated_at,
e.intervals
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


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol that an exchange lists."""

    symbol: str
    base: str
    quote: str
    is_active: bool

    @property
    def fits(self) -> bool:
        """Whether the columns are wide enough; no coin that people trade has a longer name."""
        return len(self.symbol) <= 60 and len(self.base) <= 20 and len(self.quote) <= 30  # noqa: PLR2004  # varchars


_LIST: Final = """
INSERT INTO markets (exchange_id, symbol, base, quote, is_active)
SELECT $1, m.* FROM unnest($2::text[], $3::text[], $4::text[], $5::bool[]) AS m
ON CONFLICT (exchange_id, symbol) DO UPDATE
SET base = excluded.base, quote = excluded.quote, is_active = excluded.is_active, updated_at = now()
WHERE (markets.base, markets.quote, markets.is_active)
    IS DISTINCT FROM (excluded.base, excluded.quote, excluded.is_active)
"""
_DELIST: Final = """
UPDATE markets SET is_active = FALSE, updated_at = now()
WHERE exchange_id = $1 AND is_active AND symbol <> ALL ($2::text[])
"""
_REFRESHED: Final = """
UPDATE exchanges SET intervals = $2, markets_refreshed_at = $3, updated_at = $3 WHERE id = $1
"""


async def replace_markets(
    exchange_id: UUID,
    listings: Sequence[Listing],
    intervals: Sequence[str],
    now: datetime,
) -> None:
    """Stores a loaded market list; symbols that it lacks are delisted, not forgotten."""
    columns = zip(*((m.symbol, m.base, m.quote, m.is_active) for m in listings if m.fits), strict=True)
    async with transaction() as db:
        await db.execute(_LIST, exchange_id, *(list(column) for column in columns))
        await db.execute(_DELIST, exchange_id, [m.symbol for m in listings])
        await db.execute(_REFRESHED, exchange_id, _json(intervals), now)


_KNOWN: Final = """
SELECT symbol, base, quote, is_active FROM markets WHERE exchange_id = $1 AND symbol = ANY($2::text[])
"""


async def listings(exchange_id: UUID, symbols: Sequence[str]) -> dict[str, Listing]:
    """Those of the symbols that the exchange's market list has."""
    async with connection() as db:
        return {
            row["symbol"]: Listing(*row)
            for row in await db.fetch(_KNOWN, exchange_id, [symbol for symbol in symbols if is_keepable(symbol)])
        }


_ACTIVE_COUNT: Final = "SELECT count(*) FROM markets WHERE exchange_id = $1 AND is_active"


async def active_market_count(exchange_id: UUID) -> int:
    async with connection() as db:
        return int(await db.fetchval(_ACTIVE_COUNT, exchange_id))


async def set_rate_limit(name: str, milliseconds: int) -> None:
    """What the adapter says, for an exchange that is configured without."""
    async with connection() as db:
        await db.execute("UPDATE exchanges SET rate_limit = $2 WHERE name = $1", name, milliseconds)
