"""Candles are read from a streaming replica, and nobody can tell by the answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from api.app import create_app
from domain.database import connection
from domain.history import Source
from domain.interval import interval
from domain.paging import PageRequest, plan
from domain.records import Pair
from domain.settings import Settings
from domain.storage.series import Series
from domain.timerange import TimeRange
from domain.view import View
from tests import factories
from tests.api.client import Client
from tests.api.conftest import NOW, served
from tests.conftest import empty
from tests.exposed import Exposed
from tests.factories import START
from tests.replica import Replica, streaming_replica
from tests.tardiness import tardiness

FOREVER = TimeRange(START, START + timedelta(days=1))
BTC = 'exchange: "binance", symbol: "BTC/USDT"'

# Each way to candles: written pages, resampled and filled ones, columns, the newest one, the bounds.
EVERYTHING = f"""{{
  minutes: candles({BTC}, interval: "1m", last: 2) {{
    nodes {{ timestamp close volume }} pageInfo {{ hasNextPage }} totalCount
  }}
  hours: candles({BTC}, interval: "1h", last: 1) {{ edges {{ node {{ close volume isComplete }} }} }}
  filled: series({BTC}, interval: "5m", limit: 3, fill: PREVIOUS_CLOSE) {{ time close volume }}
  pair({BTC}, interval: "1m") {{
    latestCandle {{ timestamp close }}
    coverage {{ candleCount firstCandleAt lastCandleAt ranges {{ from to }} }}
    candles(last: 1) {{ nodes {{ close }} }}
  }}
}}"""
ETH = '{ candles(exchange: "binance", symbol: "ETH/USDT", interval: "1m") { nodes { close } } }'
LAST = f'{{ candles({BTC}, interval: "1m", last: 1) {{ nodes {{ volume }} }} }}'

# Seconds within which a request is answered whatever the replica does, and after which the replica is used again.
ANSWER_SECONDS = 2.0
# How long any request waits at least that asks a frozen replica: for its answer, and then for its pulse.
FINDING_OUT_SECONDS = 0.3 + 0.75
RETURN_SECONDS = 20.0

# That a request goes through, each of which a busy machine may keep waiting: test and API, PostgreSQL, the replica.
_PROCESSES = 3


@pytest.fixture(scope="module")
def replica(postgres: Path) -> Iterator[Replica]:
    with (
        TemporaryDirectory(prefix="candelabra-", ignore_cleanup_errors=True) as folder,
        streaming_replica(postgres, Path(folder) / "replica") as made,
    ):
        yield made


class Installation:
    """An API that has the replica, and remembers no pages."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.api = Client(http)
        self._http = http
        self._before: dict[str, float] = {}

    async def reads(self) -> dict[str, float]:
        """What came of reads since the last look, by outcome."""
        observed = Exposed.of((await self._http.get("/metrics")).text)
        now = {
            outcome: observed.value("candelabra_replica_reads_total", outcome=outcome)
            for outcome in ("answered", "behind", "away")
        }
        before, self._before = self._before, now
        return {
            outcome: now[outcome] - before.get(outcome, 0) for outcome in now if now[outcome] > before.get(outcome, 0)
        }

    async def reads_only_replica(self, query: str = EVERYTHING) -> None:
        """Returns when it answers, and knows all that is asked for."""
        deadline = time.monotonic() + RETURN_SECONDS
        while time.monotonic() < deadline:
            await self.reads()
            await self.api.data(query)
            if set(await self.reads()) == {"answered"}:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the replica is not used")


@asynccontextmanager
async def opened(installation: Settings, host: Path) -> AsyncIterator[Installation]:
    settings = installation.model_copy(update={"db_replica_host": str(host), "page_cache_bytes": 0})
    async with (
        served(create_app(settings, lambda: NOW), settings) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        made = Installation(http)
        await made.reads()
        yield made
        await empty(settings)


@pytest.fixture
async def scaled(installation: Settings, replica: Replica) -> AsyncIterator[Installation]:
    async with opened(installation, replica.host) as made:
        yield made


@pytest.fixture
async def btc(scaled: Installation) -> Pair:
    pair = await factories.pair()
    await factories.history(pair, 90)
    await scaled.reads_only_replica()
    return pair


@asynccontextmanager
async def paused(replica: Replica, installation: Settings) -> AsyncIterator[None]:
    """The replica receives, and replays nothing."""
    db = await replica.connect(installation.db_name)
    await db.execute("SELECT pg_wal_replay_pause()")
    try:
        while await db.fetchval("SELECT pg_get_wal_replay_pause_state()") != "paused":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield
    finally:
        await db.execute("SELECT pg_wal_replay_resume()")
        await db.close()


async def change_behind_our_back(pair: Pair) -> None:
    """No version tells of it."""
    async with connection() as db, db.transaction():
        await db.execute("SET LOCAL session_replication_role = replica")
        await db.execute("UPDATE candles SET volume = 777 WHERE series = $1", pair.series)


async def change(pair: Pair) -> None:
    async with connection() as db:
        await db.execute("UPDATE candles SET volume = volume + 1000 WHERE series = $1", pair.series)


async def test_whatever_reads_candles_reads_the_replica(
    scaled: Installation, replica: Replica, btc: Pair, installation: Settings
) -> None:
    """The primary is not asked for any: what only it has is not in the answers."""
    before = await scaled.api.data(EVERYTHING)
    async with paused(replica, installation):
        await change_behind_our_back(btc)
        assert await scaled.api.data(EVERYTHING) == before
        assert set(await scaled.reads()) == {"answered"}


async def test_the_stock_executor_reads_the_replica_too(
    scaled: Installation, replica: Replica, btc: Pair, installation: Settings
) -> None:
    """Where it answers in place of what writes itself."""
    minute = interval("1m")
    source = Source(Series.of(btc), View(minute, minute), NOW)
    asked = plan(PageRequest(last=2), 10)
    before = await source.read(asked), await source.count(FOREVER)
    async with paused(replica, installation):
        await change_behind_our_back(btc)
        assert (await source.read(asked), await source.count(FOREVER)) == before
        assert await source.neighbours(before[0]) == (True, False)
    assert set(await scaled.reads()) == {"answered"}


async def test_what_the_replica_does_not_know_yet_is_read_from_the_primary(
    scaled: Installation, replica: Replica, btc: Pair, installation: Settings
) -> None:
    """Of the pair that was written, and of no other."""
    other = await factories.pair("ETH/USDT")
    await factories.history(other, 3)
    await scaled.reads_only_replica(ETH)
    async with paused(replica, installation):
        await change(btc)
        answer = await scaled.api.data(EVERYTHING)
        assert answer["minutes"]["nodes"][-1]["volume"] == "1090"
        assert answer["filled"]["volume"][-1] == sum(range(1086, 1091))
        assert set(await scaled.reads()) == {"behind"}

        await scaled.api.data(ETH)
        assert set(await scaled.reads()) == {"answered"}
    await scaled.reads_only_replica()


async def test_nobody_reads_what_is_older_than_what_was_committed_before(scaled: Installation, btc: Pair) -> None:
    """However fast the question follows the write, and whichever server answers."""
    for volume in range(1_000, 1_200):
        async with connection() as db, db.transaction():
            await db.execute("SET LOCAL synchronous_commit = on")  # sent to the replica at once, as in production
            await db.execute("UPDATE candles SET volume = $2 WHERE series = $1", btc.series, volume)
        if volume % 2:
            await asyncio.sleep(0.01)
        found = await scaled.api.data(LAST)
        assert found["candles"]["nodes"] == [{"volume": str(volume)}]
    assert (await scaled.reads()).keys() >= {"answered"}


async def answers(scaled: Installation, count: int) -> float:
    """The seconds that the slowest of so many requests at once took, without the machine's own; none fails."""

    async def seconds() -> float:
        before = time.monotonic()
        assert (await scaled.api.data(LAST))["candles"]["nodes"] == [{"volume": "90"}]
        return time.monotonic() - before

    async with tardiness() as machine:
        slowest = max(await asyncio.gather(*(seconds() for _ in range(count))))
    return slowest - _PROCESSES * machine.worst


async def test_no_request_fails_while_the_replica_is_frozen(scaled: Installation, replica: Replica, btc: Pair) -> None:
    """Those under way are answered by the primary, later ones without a wait; once thawed it is used again."""
    replica.freeze()
    try:
        first = await answers(scaled, 30)
        assert set(await scaled.reads()) == {"away"}
        later = await answers(scaled, 30)
    finally:
        replica.thaw()
    assert (first < ANSWER_SECONDS, later < FINDING_OUT_SECONDS) == (True, True), (first, later)
    await scaled.reads_only_replica()


async def test_no_request_fails_while_the_replica_is_gone(scaled: Installation, replica: Replica, btc: Pair) -> None:
    """Nor when it goes in the middle of some; once back it is used again."""
    asking = asyncio.gather(*(answers(scaled, 10) for _ in range(10)))
    await asyncio.to_thread(replica.end)
    assert max(await asking) < ANSWER_SECONDS
    assert await answers(scaled, 30) < ANSWER_SECONDS
    await asyncio.to_thread(replica.begin)
    await scaled.reads_only_replica()


async def test_a_replica_that_is_not_there_keeps_nothing_from_starting(
    installation: Settings, postgres: Path, tmp_path: Path
) -> None:
    """The primary answers."""
    async with opened(installation, tmp_path) as scaled:
        await factories.history(await factories.pair(), 90)
        await answers(scaled, 10)
        assert set(await scaled.reads()) == {"away"}


async def test_a_replica_that_was_promoted_is_none_any_more(
    scaled: Installation, replica: Replica, btc: Pair, installation: Settings
) -> None:
    """It may say anything from then on."""
    db = await replica.connect(installation.db_name)
    await db.execute("SELECT pg_promote()")
    await db.execute("UPDATE candles SET volume = 666")
    await answers(scaled, 10)
    assert set(await scaled.reads()) == {"behind"}
    await db.close()
