"""Every passing trouble of every exchange, at random places in random jobs."""

import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from domain.candle import Row
from domain.clock import instant, system_clock
from domain.database import connection, database
from domain.interval import interval
from domain.models import Pair, SyncKind, SyncStatus
from domain.queue import redis
from domain.storage import candles
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from ops.local.postgres import embedded_postgres
from ops.local.valkey import embedded_valkey
from tests import factories
from tests.chaos.report import Report
from tests.conftest import new_installation
from tests.exchange.faults import Planned
from tests.exchange.made_up import contiguous, resampled, sparse, without
from tests.exchange.market import MemoryMarket, SettableClock
from tests.exchange.server import LoopbackExchange
from tests.exchange.troubles import OUTLIVED
from tests.workers.conftest import MINUTE, Collector, collecting, looking_up_coins, write_exchanges_file
from workers.exchanges import open_exchanges

CANDLES: Final = {
    "binance": "klines",
    "bitfinex": "/hist",
    "bitget": "candles",
    "bitstamp": "/ohlc/",
    "bybit": "/kline",
    "coinbase": "/candles",
    "coinbaseexchange": "/candles",
    "cryptocom": "get-candlestick",
    "gate": "candlesticks",
    "gemini": "/candles/",
    "htx": "/candles",
    "kraken": "/OHLC",
    "kucoin": "/candles",
    "mexc": "klines",
    "okx": "candles",
}
"""What the address of a request for candles contains."""

KINDS: Final = (SyncKind.INITIAL, SyncKind.FORWARD, SyncKind.BACKWARD, SyncKind.REPAIR)

# Minutes of history: within what every exchange serves, and several pages of those with small ones.
_HISTORY: Final = (200, 700)

# Symbols: CCXT asks Bitstamp for its list once a second at most.
_LISTED_TOGETHER: Final = 200

# Seconds past a minute's turn and before the next that leave time for a job, during which CCXT's clock goes on.
_CALM: Final = range(1, 50)


async def run(seed: int, minutes: float) -> Report:
    """Draws jobs until the time is over and every trouble has come."""
    report = Report("Faults of fifteen exchanges on random pages of random jobs", seed)
    report.expect(*OUTLIVED)
    lot = random.Random(seed)
    deadline = time.monotonic() + minutes * 60
    async with _collector() as collector:
        while time.monotonic() < deadline or not all(report.faults.values()):
            await one_job(collector, lot, report)
    return report


@asynccontextmanager
async def _collector() -> AsyncIterator[Collector]:
    """One of its own, with servers of its own."""
    market = MemoryMarket(SettableClock(datetime.now(UTC)))
    with (
        TemporaryDirectory(prefix="candelabra-", ignore_cleanup_errors=True) as place,
        embedded_postgres(Path(place) / "postgres", fast=True) as postgres,
        embedded_valkey(Path(place) / "valkey", fast=True) as valkey,
        LoopbackExchange(market) as exchange,
    ):
        own = await new_installation(postgres, valkey, Path(place))
        settings = own.model_copy(update={"exchanges_file": write_exchanges_file(Path(place), exchange)})
        async with (
            database(settings),
            redis(settings.redis_url) as client,
            open_exchanges(settings, client, system_clock) as opened,
            looking_up_coins(settings, exchange) as coingecko,
            collecting(settings, opened, coingecko, market, exchange) as collector,
        ):
            yield collector


async def one_job(collector: Collector, lot: random.Random, report: Report) -> None:
    """A job of any kind on any exchange, with some troubles on its way; then every candle is compared."""
    number = report.counts["jobs"]
    if not number % _LISTED_TOGETHER:
        for place in range(number, number + _LISTED_TOGETHER):
            collector.market.put(_symbol(place), "1m", [])
    task = await _task(collector, lot, _symbol(number))
    collector.loopback.faults.clear()
    planned = _troubles(collector, lot, task.exchange)
    what = f"{task.kind.name} of {task.exchange} with {', '.join(planned)}"
    began_at = datetime.now(UTC)
    try:
        job = await collector.run(task.pair, JobRequest(task.kind))
    except TimeoutError:
        report.at_most(f"without an end, {what}", 1, 0)
        return
    report.faults.update({name: trouble.injected for name, trouble in planned.items() if trouble.injected})
    report.counts.update(jobs=1, pages=job.pages_fetched, retries=job.retries, candles_compared=len(task.rows))
    if job.status is SyncStatus.SUCCEEDED and await collector.covered(task.pair) != [_span(task.rows)]:
        # What was not believed is left open, for the daily run that closes gaps.
        report.counts["gaps left to a REPAIR"] += 1
        job = await collector.run(task.pair, JobRequest(SyncKind.REPAIR))
    wrong = await _differences(collector, task)
    if job.status is not SyncStatus.SUCCEEDED or wrong:
        told = f"{job.status.name} {job.error_code or ''} {wrong}"
        report.at_most(f"lost or false, {what}, from {began_at:%H:%M:%S}: {told}", 1, 0)


def _symbol(number: int) -> str:
    return f"C{number}/USDT"


@dataclass(frozen=True)
class _Task:
    exchange: str
    pair: Pair
    kind: SyncKind
    rows: list[Row]


async def _differences(collector: Collector, task: _Task) -> str:
    """What is stored and covered beside what should be; nothing where that is the same."""
    stored, covered = await collector.stored(task.pair), await collector.covered(task.pair)
    if stored == task.rows and covered == [_span(task.rows)]:
        return ""
    missing = [row[0] for row in task.rows if row not in stored]
    surplus = [row[0] for row in stored if row not in task.rows]
    return f"missing {missing[:3]}, surplus {surplus[:3]}, covered {covered} instead of {_span(task.rows)}"


async def _task(collector: Collector, lot: random.Random, symbol: str) -> _Task:
    """What is to be collected, and what of it is there already."""
    exchange, kind = lot.choice(sorted(CANDLES)), lot.choice(KINDS)
    rows = _put_history(collector, lot, symbol)
    pair = await collector.add(exchange, symbol)
    early, late = sorted(lot.sample(range(20, len(rows) - 20), 2))
    parts = {
        SyncKind.FORWARD: [rows[:late]],
        SyncKind.BACKWARD: [rows[early:]],
        SyncKind.REPAIR: [rows[:early], rows[late:]],
    }
    await _store(pair, parts.get(kind, []))
    return _Task(exchange, pair, kind, rows)


def _put_history(collector: Collector, lot: random.Random, symbol: str) -> list[Row]:
    """Minutes with quiet ones among them, often an outage, and a forming one; gives the closed ones."""
    assert isinstance(collector.market.clock, SettableClock)
    collector.market.clock.at = _calm_moment()
    count, seed = lot.randint(*_HISTORY), lot.randrange(2**31)
    first, *rows = contiguous(MINUTE, MINUTE.shift(collector.market.now(), 1 - count), count, seed=seed)
    start = instant(rows[lot.randrange(count - 120)][0])
    holed = without(rows[:-20], start, start + timedelta(minutes=lot.choice((0, 30, 90))))
    made = [first, *sparse(holed, keep=lot.choice((1, 0.8)), seed=seed), *rows[-20:]]
    collector.market.put(symbol, "1m", made)
    for step in ("1h", "1d"):
        collector.market.put(symbol, step, resampled(made, interval(step)))
    return made[:-1]


def _calm_moment() -> datetime:
    while datetime.now(UTC).second not in _CALM:
        time.sleep(0.2)
    return datetime.now(UTC)


async def _store(pair: Pair, parts: Sequence[list[Row]]) -> None:
    async with connection() as db:
        for part in parts:
            await candles.upsert(db, pair.series, part)
    if parts:
        await factories.cover(pair, *map(_span, parts))


def _span(rows: Sequence[Row]) -> TimeRange:
    return TimeRange(instant(rows[0][0]), MINUTE.next(instant(rows[-1][0])))


def _troubles(collector: Collector, lot: random.Random, exchange: str) -> dict[str, Planned]:
    passing = OUTLIVED.keys() - ({"403 with HTML"} if exchange == "gemini" else set())  # which means it for good
    names = lot.sample(sorted(passing), lot.randint(1, 4))
    add = collector.loopback.faults.add
    return {name: add(CANDLES[exchange], OUTLIVED[name](exchange), after=lot.randrange(4)) for name in names}
