"""Pairs: making, finding and switching them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from domain.database import connection, transaction
from domain.errors import NotFoundError
from domain.models import PairStatus
from domain.records import Coin, Pair, Timeframe
from domain.storage import coingecko, coins, exchanges, timeframes
from domain.storage.filters import Condition, condition, conditions
from domain.storage.keyset import Column, Keyset, order
from domain.storage.pair_status import status_at
from domain.storage.select import Select, shared
from domain.timerange import from_postgres


@dataclass(frozen=True, slots=True)
class NewPair:
    """A symbol to collect at an interval; `due_at` is when its first FORWARD is due."""

    symbol: str
    base: str
    quote: str
    interval: str
    due_at: datetime


_STATUS_NOW: Final = status_at("now()")
_COLUMNS: Final = f"""
p.id, p.symbol, p.quote, p.is_active, p.series, p.candle_count, p.version, p.listed_at, p.created_at, p.updated_at,
{_STATUS_NOW} AS status, p.covered, {coins.COLUMNS}, {timeframes.COLUMNS}, {exchanges.COLUMNS}
"""
_TABLES: Final = """
coin_exchanges AS p
JOIN coins AS c ON c.id = p.coin_id
JOIN exchanges AS e ON e.id = p.exchange_id
JOIN timeframes AS t ON t.id = p.timeframe_id
"""
# Where the values of each begin in a row.
_STATUS, _COVERED, _COIN, _TIMEFRAME, _EXCHANGE = 10, 11, 12, 20, 23


def _read(rows: Sequence[Record]) -> list[Pair]:
    coin, timeframe, exchange = shared(Coin._make), shared(Timeframe._make), shared(exchanges.read)
    parts = (
        (
            *row[:_STATUS],
            PairStatus(row[_STATUS]),
            from_postgres(row[_COVERED]),
            coin(row[_COIN:_TIMEFRAME]),
            timeframe(row[_TIMEFRAME:_EXCHANGE]),
            exchange(row[_EXCHANGE:]),
        )
        for row in rows
    )
    return [Pair._make(part) for part in parts]


_PAIRS: Final = Select(_COLUMNS, _TABLES, _read)

# In one order, as others may add the same.
_ADD: Final = """
INSERT INTO coin_exchanges (coin_id, exchange_id, timeframe_id, symbol, quote, due_at)
SELECT c.id, $1, t.id, n.symbol, n.quote, n.due_at
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    AS n (symbol, base, quote, interval, due_at)
JOIN coins AS c ON c.symbol = n.base
JOIN timeframes AS t ON t.interval = n.interval
ORDER BY n.symbol, n.interval
ON CONFLICT (exchange_id, symbol, timeframe_id) DO NOTHING
"""
_ADDED: Final = """
SELECT p.id FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS n (symbol, interval, place)
JOIN timeframes AS t ON t.interval = n.interval
JOIN coin_exchanges AS p ON p.exchange_id = $1 AND p.symbol = n.symbol AND p.timeframe_id = t.id
ORDER BY n.place
"""


async def add(exchange_id: UUID, pairs: Sequence[NewPair]) -> list[Pair]:
    """The pairs in the order asked for; those that exist are returned as they are. Coins are made as needed."""
    symbols, bases = [p.symbol for p in pairs], [p.base for p in pairs]
    intervals = [p.interval for p in pairs]
    async with transaction() as db:
        await coingecko.add_coins(db, bases)
        rest = ([p.quote for p in pairs], intervals, [p.due_at for p in pairs])
        await db.execute(_ADD, exchange_id, symbols, bases, *rest)
        ids = [row["id"] for row in await db.fetch(_ADDED, exchange_id, symbols, intervals)]
    found = await by_ids(ids)
    return [found[pair_id] for pair_id in ids]


async def known(exchange_id: UUID, pairs: Sequence[NewPair]) -> list[Pair]:
    """Those of the pairs that exist, in the order asked for."""
    async with connection() as db:
        rows = await db.fetch(_ADDED, exchange_id, [p.symbol for p in pairs], [p.interval for p in pairs])
    found = await by_ids([row["id"] for row in rows])
    return [found[row["id"]] for row in rows if row["id"] in found]


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Pair]:
    return {pair.id: pair for pair in await _PAIRS.rows([condition("p.id = ANY({0})", ids)])}


async def find(exchange: str, symbol: str, interval: str) -> Pair | None:
    return await _PAIRS.first(conditions(PairFilter(exchange, symbol, interval=interval), _FILTERS))


async def get(pair_id: UUID) -> Pair:
    """Raises NotFoundError."""
    if pair := (await by_ids([pair_id])).get(pair_id):
        return pair
    raise NotFoundError(f"There is no pair {pair_id}; the query pairs lists those there are.")


@dataclass(frozen=True, slots=True)
class PairFilter:
    """What pairs must match; None matches all."""

    exchange: str | None = None
    symbol: str | None = None
    coin: str | None = None
    interval: str | None = None
    is_active: bool | None = None
    status: PairStatus | None = None
    exchange_id: UUID | None = None
    coin_id: UUID | None = None


_ORDER: Final = (
    Column.text("e.name", "exchange.name"),
    Column.text("p.symbol", "symbol"),
    Column.whole("t.minutes", "timeframe.minutes"),
    Column.identity("p.id"),
)
_FILTERS: Final = {
    "exchange": "e.name",
    "symbol": "p.symbol",
    "coin": "c.symbol",
    "interval": "t.interval",
    "is_active": "p.is_active",
    "status": _STATUS_NOW,
    "exchange_id": "p.exchange_id",
    "coin_id": "p.coin_id",
}


def listed(wanted: PairFilter) -> Keyset[Pair]:
    """Pairs by exchange, symbol and length of the interval."""
    return Keyset(_PAIRS, conditions(wanted, _FILTERS), _ORDER)


_COLLECTED: Final = Select("p.id", _TABLES, lambda rows: [row["id"] for row in rows])


async def collected(wanted: PairFilter, limit: int) -> list[UUID]:
    """Matching pairs that are active, on exchanges that are on, in the order of lists."""
    asked = [*conditions(wanted, _FILTERS), Condition("p.is_active AND e.is_active AND e.is_configured")]
    return await _COLLECTED.rows(asked, f"{order(_ORDER)} LIMIT {limit}")


async def exist() -> bool:
    """Whether there is any pair."""
    async with connection() as db:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM coin_exchanges)"))


_SET_ACTIVE: Final = """
UPDATE coin_exchanges
SET is_active = $2, updated_at = now(), due_at = CASE WHEN $2 AND NOT is_active THEN $3 ELSE due_at END
WHERE id = $1
"""


async def set_active(pair_id: UUID, *, is_active: bool, now: datetime) -> Pair:
    """Raises NotFoundError. A pair that was off and is switched on is due at once."""
    async with connection() as db:
        await db.execute(_SET_ACTIVE, pair_id, is_active, now)
    return await get(pair_id)


_DUE: Final = """
SELECT p.id FROM coin_exchanges AS p JOIN exchanges AS e ON e.id = p.exchange_id
WHERE p.is_active AND e.is_active AND e.is_configured AND p.due_at <= $1
ORDER BY p.due_at LIMIT $2
"""


async def due(*, now: datetime, limit: int) -> list[UUID]:
    """Active pairs whose next candle has closed, the longest ago first."""
    async with connection() as db:
        return [row["id"] for row in await db.fetch(_DUE, now, limit)]


# A pair that is being written stays due for a moment: everybody else's candles do not wait for it.
_PUT_OFF: Final = """
UPDATE coin_exchanges SET due_at = $3
WHERE id IN (
    SELECT id FROM coin_exchanges WHERE id = ANY($1::uuid[]) AND due_at <= $2 FOR NO KEY UPDATE SKIP LOCKED
)
"""


async def put_off(pair_ids: Sequence[UUID], *, now: datetime, until: datetime) -> None:
    """Pairs that are due, until an instant. To be called when their jobs exist: who has both locks the job first."""
    async with connection() as db:
        await db.execute(_PUT_OFF, list(pair_ids), now, until)


_WITH_GAPS: Final = """
SELECT p.id FROM coin_exchanges AS p JOIN exchanges AS e ON e.id = p.exchange_id
WHERE p.is_active AND e.is_active AND e.is_configured
    AND p.covered <> tstzmultirange(range_merge(p.covered)) AND NOT isempty(p.covered)
"""


async def with_gaps() -> list[UUID]:
    """Active pairs with a gap between their oldest and newest covered instant."""
    async with connection() as db:
        return [row["id"] for row in await db.fetch(_WITH_GAPS)]
