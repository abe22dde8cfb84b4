"""Pairs: making, finding and switching them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.queryset import QuerySet

from domain.database import connection, transaction
from domain.errors import NotFoundError
from domain.models import Pair, PairStatus
from domain.storage import filters
from domain.storage.keyset import Column, Keyset


@dataclass(frozen=True, slots=True)
class NewPair:
    """A symbol to collect at an interval; `due_at` is when its first FORWARD is due."""

    symbol: str
    base: str
    quote: str
    interval: str
    due_at: datetime


_COINS: Final = """
INSERT INTO coins (symbol, name) SELECT DISTINCT base, base FROM unnest($1::text[]) AS b (base)
ON CONFLICT (symbol) DO NOTHING
"""
_ADD: Final = """
INSERT INTO coin_exchanges (coin_id, exchange_id, timeframe_id, symbol, quote, due_at)
SELECT c.id, $1, t.id, n.symbol, n.quote, n.due_at
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    AS n (symbol, base, quote, interval, due_at)
JOIN coins AS c ON c.symbol = n.base
JOIN timeframes AS t ON t.interval = n.interval
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
        await db.execute(_COINS, bases)
        rest = ([p.quote for p in pairs], intervals, [p.due_at for p in pairs])
        await db.execute(_ADD, exchange_id, symbols, bases, *rest)
        ids = [row["id"] for row in await db.fetch(_ADDED, exchange_id, symbols, intervals)]
    found = await by_ids(ids)
    return [found[pair_id] for pair_id in ids]


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Pair]:
    return {pair.id: pair for pair in await _whole(Pair.filter(id__in=list(ids)))}


async def find(exchange: str, symbol: str, interval: str) -> Pair | None:
    return await matching(PairFilter(exchange, symbol, interval=interval)).first()


async def get(pair_id: UUID) -> Pair:
    """Raises NotFoundError."""
    if pair := (await by_ids([pair_id])).get(pair_id):
        return pair
    raise NotFoundError(f"There is no pair {pair_id}; the query pairs lists those there are.")


def _whole(pairs: QuerySet[Pair]) -> QuerySet[Pair]:
    return pairs.select_related("coin", "exchange", "timeframe")


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
    Column.text("exchange__name"),
    Column.text("symbol"),
    Column.whole("timeframe__minutes"),
    Column.identity(),
)
_FILTERS: Final = {
    "exchange": "exchange__name",
    "symbol": "symbol",
    "coin": "coin__symbol",
    "interval": "timeframe__interval",
    "is_active": "is_active",
    "status": "status",
    "exchange_id": "exchange_id",
    "coin_id": "coin_id",
}


def matching(wanted: PairFilter) -> QuerySet[Pair]:
    """Pairs by exchange, symbol and length of the interval."""
    rows = filters.matching(Pair.all(), filters.wishes(wanted, _FILTERS))
    return _whole(rows).order_by(*(column.name for column in _ORDER))


def listed(wanted: PairFilter) -> Keyset[Pair]:
    return Keyset(matching(wanted), _ORDER)


async def set_active(pair_id: UUID, *, is_active: bool, now: datetime) -> Pair:
    """Raises NotFoundError. A pair that was off and is switched on is due at once."""
    pair = await get(pair_id)
    changed = ["is_active", "updated_at"]
    if is_active and not pair.is_active:
        pair.due_at = now
        changed.append("due_at")
    pair.is_active = is_active
    await pair.save(update_fields=changed)
    return pair


_DUE: Final = """
UPDATE coin_exchanges SET due_at = $2
WHERE id IN (
    SELECT p.id FROM coin_exchanges AS p JOIN exchanges AS e ON e.id = p.exchange_id
    WHERE p.is_active AND e.is_active AND p.due_at <= $1 ORDER BY p.due_at LIMIT $3 FOR UPDATE OF p SKIP LOCKED
)
RETURNING id
"""


async def due(*, now: datetime, again_at: datetime, limit: int) -> list[UUID]:
    """Active pairs whose next candle has closed; puts them off until `again_at` in case their job comes to nothing."""
    async with connection() as db:
        return [row["id"] for row in await db.fetch(_DUE, now, again_at, limit)]


_WITH_GAPS: Final = """
SELECT p.id FROM coin_exchanges AS p JOIN exchanges AS e ON e.id = p.exchange_id
WHERE p.is_active AND e.is_active AND p.covered <> tstzmultirange(range_merge(p.covered)) AND NOT isempty(p.covered)
"""


async def with_gaps() -> list[UUID]:
    """Active pairs with a gap between their oldest and newest covered instant."""
    async with connection() as db:
        return [row["id"] for row in await db.fetch(_WITH_GAPS)]
