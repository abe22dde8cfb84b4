"""A worker over real PostgreSQL and Valkey, and exchanges that are simulated over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.candle import Row
from domain.clock import Clock, instant, milliseconds, system_clock
from domain.database import connection
from domain.interval import interval
from domain.models import Exchange, Pair, SyncJob, SyncStatus
from domain.queue import Queue, redis
from domain.seed import seed
from domain.settings import Settings
from domain.storage import jobs, leases, ledger, pairs, views
from domain.storage.jobs import JobRequest
from domain.storage.leases import Lease
from domain.storage.pairs import NewPair
from domain.timerange import TimeRange
from domain.view import View
from tests.exchange.ccxt_config import ccxt_config
from tests.exchange.coingecko import COINGECKO
from tests.exchange.conftest import loopback, market, now, shared_loopback  # noqa: F401  # fixtures of the tests here
from tests.exchange.dialects.registry import DIALECTS
from tests.exchange.made_up import resampled
from tests.exchange.market import MemoryMarket, SettableClock
from tests.exchange.server import LoopbackExchange
from tests.patience import PATIENCE
from workers.coingecko import CoinGecko, open_coingecko
from workers.context import JobContext, WorkerContext
from workers.engine import SliceLimits
from workers.exchange_clock import ExchangeClock
from workers.exchanges import Exchanges, open_exchanges
from workers.jobs.sync import sync
from workers.main import arq_worker

# Seconds that CoinGecko may take for an answer.
_COINGECKO_SECONDS = 1.0

# How many times faster than elsewhere the pauses between a job's attempts pass.
_HURRY = 400
MINUTE = interval("1m")
FAR_FUTURE = datetime(2190, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def exchanges_file(shared_loopback: LoopbackExchange, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    return write_exchanges_file(tmp_path_factory.mktemp("installation"), shared_loopback)


def write_exchanges_file(folder: Path, exchange: LoopbackExchange) -> Path:
    """Every dialect under its CCXT id, reached without a pause."""
    file = folder / "exchanges.toml"
    file.write_text("".join(_table(name, exchange.url(name)) for name in DIALECTS))
    return file


def _table(exchange: str, url: str) -> str:
    urls = _inline(ccxt_config(exchange, url)["urls"])
    return f'[[exchange]]\nname = "{exchange}"\nrate_limit = 0\ntimeout = 1000\n[exchange.ccxt]\nurls = {urls}\n'


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_inline(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)


@dataclass
class Collector:
    """Collects candles as a worker does, one job after the other."""

    worker: WorkerContext
    market: MemoryMarket
    loopback: LoopbackExchange
    _ticks: Iterator[int] = field(default_factory=count)

    async def add(self, exchange: str, symbol: str = "BTC/USDT", step: str = "1m") -> Pair:
        """A pair that the schedule leaves alone."""
        base, quote = symbol.split("/")
        row = await Exchange.get(name=exchange)
        [pair] = await pairs.add(row.id, [NewPair(symbol, base, quote, step, FAR_FUTURE)])
        return await Pair.get(id=pair.id)

    async def ask(self, pair: Pair, request: JobRequest) -> UUID:
        [asked] = await jobs.ask([pair.id], request)
        return asked.id

    async def run(self, pair: Pair, request: JobRequest) -> SyncJob:
        """The job when it has ended."""
        return await self.finish(await self.ask(pair, request))

    async def finish(self, job_id: UUID) -> SyncJob:
        """The job when it has ended; pauses between attempts are hurried through."""
        async with asyncio.timeout(PATIENCE):
            while True:
                job = await self.slice(job_id)
                if job.status not in {SyncStatus.QUEUED, SyncStatus.RUNNING}:
                    return job
                await asyncio.sleep(self._pause(job) / _HURRY)

    def _pause(self, job: SyncJob) -> float:
        """Seconds until the next attempt."""
        return max(0.0, (job.run_after - self.worker.clock()).total_seconds()) if job.run_after else 0.0

    async def slice(self, job_id: UUID) -> SyncJob:
        """The job after a worker has taken it once."""
        await self.let_run(job_id)
        await sync({"worker": self.worker, "job_id": uuid4().hex}, str(job_id))
        return await SyncJob.get(id=job_id)

    async def let_run(self, job_id: UUID) -> None:
        """Skips the pause after a failure, and what is left of a ban."""
        redis = self.worker.queue.redis
        async for budget in redis.scan_iter("candelabra:budget:*"):
            await redis.delete(budget)
        async with connection() as db:
            await db.execute("UPDATE sync_jobs SET run_after = NULL WHERE id = $1", job_id)

    async def take(self, job_id: UUID) -> Lease:
        """Leases the job and does nothing with it."""
        started = self.market.now()
        lease = await leases.take(job_id, now=started, until=started + self.worker.limits.lease)
        assert lease
        return lease

    def tick(self, name: str) -> JobContext:
        """What the schedule gives its next tick of that name."""
        return {"worker": self.worker, "job_id": f"cron:{name}:{next(self._ticks)}"}

    def advance(self, by: timedelta) -> None:
        """Lets time pass for exchange and worker alike."""
        assert isinstance(self.market.clock, SettableClock)
        self.market.clock.advance(by)

    def use_clock(self, clock: Clock) -> None:
        """What this machine believes the time to be."""
        self.worker = replace(self.worker, clock=clock)
        for name, gateway in self.worker.exchanges.gateways.items():
            gateway.wire.client.clock = ExchangeClock(name, clock)

    async def work_off(self, job_id: UUID) -> None:
        """Lets a real arq worker take the job until it has ended, its pauses among it."""
        await self.worker.queue.sync([job_id])
        worker = arq_worker(self.worker, self.worker.queue.redis, burst=True)
        worker.cron_jobs = []
        await worker.async_run()

    def limit_slices_to_one_page(self) -> None:
        self.worker = replace(self.worker, limits=SliceLimits(duration=timedelta(0)))

    async def stored(self, pair: Pair) -> list[Row]:
        """Every candle of the pair, digit for digit."""
        minute = View(MINUTE, MINUTE)
        always = TimeRange(instant(0), FAR_FUTURE)
        async with connection() as db:
            found = await views.read(db, pair.series, minute, always, 1_000_000, is_newest=False, now=FAR_FUTURE)
        return [
            (milliseconds(item.timestamp), item.open, item.high, item.low, item.close, item.volume) for item in found
        ]

    async def covered(self, pair: Pair) -> list[TimeRange]:
        return (await ledger.of(pair.id)).covered


@pytest.fixture(scope="session")
async def opened(installation: Settings, exchanges_file: Path) -> AsyncIterator[Exchanges]:
    """Opened once: closing a client takes CCXT a quarter of a second."""
    own = installation.model_copy(update={"exchanges_file": exchanges_file})
    async with redis(own.redis_url) as client, open_exchanges(own, client, system_clock) as exchanges:
        yield exchanges


@pytest.fixture(scope="session")
async def coingecko(installation: Settings, shared_loopback: LoopbackExchange) -> AsyncIterator[CoinGecko]:  # noqa: F811
    """Opened once: a client of httpx reads the certificates of the whole world first."""
    async with looking_up_coins(installation, shared_loopback) as coingecko:
        yield coingecko


def looking_up_coins(
    settings: Settings,
    loopback: LoopbackExchange,  # noqa: F811
) -> AbstractAsyncContextManager[CoinGecko]:
    own = settings.model_copy(update={"coingecko_url": loopback.url(COINGECKO)})
    return open_coingecko(own, answer_seconds=_COINGECKO_SECONDS)


@pytest.fixture
async def collector(
    settings: Settings,
    exchanges_file: Path,
    opened: Exchanges,
    coingecko: CoinGecko,
    market: MemoryMarket,  # noqa: F811
    loopback: LoopbackExchange,  # noqa: F811
) -> AsyncIterator[Collector]:
    """A worker whose clock is that of the market."""
    for step in ("1h", "1d"):
        market.put("BTC/USDT", step, resampled(market.held("BTC/USDT", "1m"), interval(step)))
    async with collecting(
        settings.model_copy(update={"exchanges_file": exchanges_file}), opened, coingecko, market, loopback
    ) as it:
        yield it


@asynccontextmanager
async def collecting(
    settings: Settings,
    opened: Exchanges,
    coingecko: CoinGecko,
    market: MemoryMarket,  # noqa: F811
    loopback: LoopbackExchange,  # noqa: F811
) -> AsyncIterator[Collector]:
    """A collector over an empty database that is open, without memories of other markets."""
    for gateway in opened.gateways.values():
        gateway.wire.client.markets = gateway.wire.client.markets_loading = None
    await seed(settings, decides=True)
    async with redis(settings.redis_url) as client:
        queue = Queue(client, market.clock)
        worker = WorkerContext(market.clock, queue, opened, coingecko, SliceLimits(), asyncio.Event())
        collector = Collector(worker, market, loopback)
        collector.use_clock(market.clock)
        yield collector
