"""A dump under load holds what stood at one instant, and elsewhere everything goes on from there."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from domain.candle import Row
from domain.clock import instant
from domain.database import database
from domain.interval import interval
from domain.models import Pair, SyncJob, SyncKind, SyncStatus
from domain.settings import Settings
from domain.storage import jobs
from domain.storage.jobs import JobRequest
from ops.local.backup import DUMP, RESTORE, dump, main, restore
from ops.local.errors import RunError
from ops.local.postgres import SUPERUSER, embedded_postgres
from tests.conftest import empty
from tests.exchange.made_up import contiguous, resampled
from tests.exchange.market import MemoryMarket
from tests.exchange.server import LoopbackExchange
from tests.pages import OPERATION
from tests.workers.conftest import MINUTE, Collector, collecting
from tests.workers.doctor import problems
from workers.coingecko import CoinGecko
from workers.doctor.ledger import ledger
from workers.doctor.patient import Patient
from workers.doctor.schema import schema
from workers.exchanges import Exchanges
from workers.jobs import schedule

PAGE = 300  # of OKX
HISTORY = 20_000  # minutes: so many pages that a dump comes in between

# What does not change while the dump is made, in full and digit for digit.
STILL = ("coins", "exchanges", "timeframes", "markets", "idempotency_keys", "api_keys", "aerich")


@dataclass(frozen=True)
class Collecting:
    """Opens an installation and collects there from the same exchanges, one installation at a time."""

    exchanges_file: Path
    opened: Exchanges
    coingecko: CoinGecko
    market: MemoryMarket
    loopback: LoopbackExchange

    @asynccontextmanager
    async def on(self, settings: Settings) -> AsyncIterator[Collector]:
        own = settings.model_copy(update={"exchanges_file": self.exchanges_file})
        async with database(own), self._collecting(own) as collector:
            yield collector

    def _collecting(self, own: Settings) -> AbstractAsyncContextManager[Collector]:
        return collecting(own, self.opened, self.coingecko, self.market, self.loopback)


@pytest.fixture
def fleet(
    exchanges_file: Path, opened: Exchanges, coingecko: CoinGecko, market: MemoryMarket, loopback: LoopbackExchange
) -> Collecting:
    start = MINUTE.shift(market.now(), -HISTORY)
    market.replace("BTC/USD", "1m", contiguous(MINUTE, start, HISTORY + 10, price="0.0000234500"))
    for symbol in ("BTC/USD", "BTC/USDT"):
        market.put(symbol, "1d", resampled(market.held(symbol, "1m"), interval("1d")))
    return Collecting(exchanges_file, opened, coingecko, market, loopback)


@pytest.fixture
async def source(installation: Settings) -> AsyncIterator[Settings]:
    yield installation
    async with database(installation):
        await empty(installation)


@pytest.fixture
def elsewhere(installation: Settings, servers: Path) -> Settings:
    """An installation that has never run, with a server of its own to be."""
    return installation.model_copy(update={"db_host": "", "db_name": "candelabra", "data_dir": servers / "elsewhere"})


@pytest.fixture
def file(servers: Path) -> Iterator[Path]:
    path = servers / "candelabra.dump"
    yield path
    path.unlink(missing_ok=True)


async def dumped_under_load(collector: Collector, source: Settings, file: Path) -> None:
    """A pair is complete, and another in the midst of its history, whose pages come in while the dump is made."""
    done = await collector.add("binance")
    asked = await jobs.ask_once(done.id, JobRequest(SyncKind.INITIAL), "order-1")
    await collector.finish(asked.id)
    growing = await collector.add("okx", "BTC/USD")
    job_id = await collector.ask(growing, JobRequest(SyncKind.INITIAL))
    collector.limit_slices_to_one_page()
    for _ in range(4):
        job = await collector.slice(job_id)
    dumping = asyncio.create_task(asyncio.to_thread(dump, source, file))
    while not dumping.done():
        job = await collector.slice(job_id)
    await dumping
    assert job.status is SyncStatus.RUNNING, "the history is too short for a dump under load"
    assert job.pages_fetched > 6


async def content(settings: Settings, *statements: str) -> list[list[str]]:
    db = await asyncpg.connect(host=settings.db_host, user=settings.db_user, database=settings.db_name)
    found = [[row[0] for row in await db.fetch(statement)] for statement in statements]
    await db.close()
    return found


def texts(tables: Sequence[str]) -> list[str]:
    return [f"SELECT t::text FROM {table} AS t ORDER BY 1" for table in tables]


async def test_an_installation_goes_on_elsewhere_from_what_was_dumped_under_load(
    fleet: Collecting, source: Settings, elsewhere: Settings, file: Path
) -> None:
    """Digit for digit, with a ledger that is true; nothing that was stored is fetched again."""
    complete = (
        "SELECT c::text FROM candles AS c JOIN coin_exchanges USING (series) WHERE symbol = 'BTC/USDT' ORDER BY 1"
    )
    async with fleet.on(source) as collector:
        await dumped_under_load(collector, source, file)
        before = await content(source, complete, *texts(STILL))
    await asyncio.to_thread(restore, elsewhere, file)
    with embedded_postgres(elsewhere.data_dir / "postgres", fast=True) as host:
        restored = elsewhere.model_copy(update={"db_host": str(host), "db_user": SUPERUSER})
        assert await content(restored, complete, *texts(STILL)) == before
        async with fleet.on(restored) as collector:
            await collector.worker.queue.redis.flushall()
            await assert_true(collector, restored)
            await assert_goes_on(collector)


async def assert_true(collector: Collector, settings: Settings) -> None:
    worker = collector.worker
    patient = Patient(settings, worker.clock, worker.queue, worker.exchanges, lambda _: None)
    assert [*await problems(schema, patient), *await problems(ledger, patient)] == []
    growing = await Pair.get(symbol="BTC/USD")
    [covered] = await collector.covered(growing)
    assert await collector.stored(growing) == [
        row for row in collector.market.held("BTC/USD", "1m") if covered.start <= instant(row[0]) < covered.end
    ]


async def assert_goes_on(collector: Collector) -> None:
    """The sweep finds the job that was under way, whose worker is gone."""
    growing, job = await Pair.get(symbol="BTC/USD"), await SyncJob.get(pair__symbol="BTC/USD")
    [covered] = await collector.covered(growing)
    collector.loopback.requests.clear()
    collector.advance(timedelta(minutes=1))
    await schedule.sweep(collector.tick("sweep"))
    assert await collector.worker.queue.redis.zcard("candelabra:queue") == 1
    job = await collector.finish(job.id)

    closed: list[Row] = list(collector.market.closed("BTC/USD", "1m"))
    assert (job.status, await collector.stored(growing)) == (SyncStatus.SUCCEEDED, closed)
    left = sum(instant(row[0]) < covered.start for row in closed)
    asked = sum(seen.path.endswith("candles") for seen in collector.loopback.requests)
    assert asked <= 1.2 * (left / PAGE) + 2
    forward = await collector.run(await Pair.get(symbol="BTC/USDT"), JobRequest(SyncKind.FORWARD))
    assert forward.status is SyncStatus.SUCCEEDED
    again = await jobs.ask_once(forward.pair_id, JobRequest(SyncKind.INITIAL), "order-1")
    assert not again.is_new


async def test_nothing_is_restored_over_tables(fleet: Collecting, source: Settings, file: Path) -> None:
    """Bad input changes nothing, and what to do instead is said."""
    async with fleet.on(source) as collector:
        await collector.add("binance")
        before = await content(source, *texts(("coin_exchanges",)))
    await asyncio.to_thread(dump, source, file)
    with pytest.raises(RunError, match="Choose a new DATA_DIR or DB_NAME"):
        await asyncio.to_thread(restore, source, file)
    assert await content(source, *texts(("coin_exchanges",))) == before


async def test_of_a_file_that_is_broken_nothing_stays(source: Settings, file: Path) -> None:
    """The database is as empty as before, so that another file can be restored."""
    await asyncio.to_thread(dump, source, file)
    break_off(file)
    other = source.model_copy(update={"db_name": "candelabra_restored"})
    with pytest.raises(RunError):
        await asyncio.to_thread(restore, other, file)
    assert await content(other, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [[]]


def break_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2_000])


def test_a_dump_that_fails_leaves_no_file(
    source: Settings, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says why."""
    for name, value in {"DB_HOST": source.db_host, "DB_USERNAME": source.db_user, "DB_NAME": "nowhere"}.items():
        monkeypatch.setenv(name, value)
    assert main([str(file)]) == 1
    assert 'database "nowhere" does not exist' in capsys.readouterr().err
    assert list(file.parent.glob(f"{file.name}*")) == []


@pytest.mark.parametrize("command", [DUMP, RESTORE], ids=lambda command: command[0])
def test_compose_is_given_the_same_options(command: Sequence[str]) -> None:
    """The commands that are shown do what was tried out here."""
    [line] = [text for text in OPERATION.commands("docker") if f" {command[0]} " in text]
    assert set(command) <= set(shlex.split(line))
