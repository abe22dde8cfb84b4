"""Rows for tests: valid by default, a keyword to differ."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.database import connection
from domain.interval import STANDARD_INTERVALS, interval
from domain.models import Exchange, Market, SyncJob, SyncKind
from domain.models import Pair as StoredPair
from domain.records import Pair
from domain.storage import pairs
from domain.storage.pairs import NewPair
from domain.timerange import TimeRange, to_postgres

START = datetime(2024, 3, 1, tzinfo=UTC)
NO_ID: Final = "00000000-0000-0000-0000-000000000000"


async def exchange(name: str = "binance", **values: Any) -> Exchange:
    found = await Exchange.get_or_none(name=name)
    defaults = {
        "adapter": name,
        "rate_limit": 50,
        "timeout": 30_000,
        "intervals": [item.text for item in STANDARD_INTERVALS],
    }
    return found or await Exchange.create(name=name, **{**defaults, **values})


async def market(symbol: str, on: str = "binance", **values: Any) -> Market:
    base, quote = symbol.split("/")
    return await Market.create(exchange=await exchange(on), symbol=symbol, base=base, quote=quote, **values)


async def pair(symbol: str = "BTC/USDT", step: str = "1m", on: str = "binance", **values: Any) -> Pair:
    """A pair with its coin and its exchange; `values` are columns that differ."""
    base, quote = symbol.split("/")
    [made] = await pairs.add((await exchange(on)).id, [NewPair(symbol, base, quote, step, START)])
    if values:
        await StoredPair.filter(id=made.id).update(**values)
    return await pairs.get(made.id)


async def candles(of: Pair | StoredPair, at: Sequence[datetime], price: str = "100.50") -> None:
    """One candle at each instant, the nth with a volume of n; the ledger does not change."""
    prices = ", ".join([price] * 4)
    rows = "unnest($2::timestamptz[]) WITH ORDINALITY AS slot (at, place)"
    async with connection() as db:
        await db.execute(f"INSERT INTO candles SELECT $1, at, {prices}, place FROM {rows}", of.series, list(at))


async def trades(of: Pair, at: datetime, *rows: str | None) -> None:
    """A candle a slot from an instant on, as open, high, low, close and volume; None for a slot without one."""
    step = interval(of.timeframe.interval)
    columns = "($1, $2, $3::text::numeric, $4::text::numeric, $5::text::numeric, $6::text::numeric, $7::text::numeric)"
    found = [(of.series, step.shift(at, place), *row.split()) for place, row in enumerate(rows) if row]
    async with connection() as db:
        await db.executemany(f"INSERT INTO candles VALUES {columns}", found)


async def cover(of: Pair | StoredPair, *ranges: TimeRange, listed_at: datetime | None = None) -> None:
    async with connection() as db:
        statement = "UPDATE coin_exchanges SET covered = $2, listed_at = $3 WHERE id = $1"
        await db.execute(statement, of.id, to_postgres(ranges), listed_at)


async def history(of: Pair, count: int, start: datetime = START) -> list[datetime]:
    """Candles without a gap from `start` on, covered; their open times."""
    step = interval(of.timeframe.interval)
    at = [step.shift(start, place) for place in range(count)]
    await candles(of, at)
    await cover(of, TimeRange(start, step.shift(start, count)), listed_at=start)
    return at


async def job(of: Pair, kind: SyncKind = SyncKind.FORWARD, **values: Any) -> SyncJob:
    return await SyncJob.create(pair_id=of.id, kind=kind, **values)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
