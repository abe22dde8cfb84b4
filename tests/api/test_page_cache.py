"""Pages of candles are remembered, and none is older than its question."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.candles.page_cache import PageCache
from api.candles.page_key import PageKey
from api.candles.shared_pages import SharedPages
from domain.database import connection, transaction
from domain.interval import interval
from domain.queue import redis
from domain.records import Pair
from domain.settings import Settings
from domain.storage import candles, ledger
from domain.storage.provenance import Origin, Provenance
from domain.storage.rendering import PageQuery, RenderedPage, Rendering
from domain.telemetry.metrics import CACHE_HITS
from domain.timerange import TimeRange
from domain.view import View
from tests import factories
from tests.api.client import Client
from tests.factories import START
from tests.patience import PATIENCE

MINUTE = timedelta(minutes=1)
BTC = 'exchange: "binance", symbol: "BTC/USDT"'
CLOSES = f'{{ candles({BTC}, interval: "1m", last: 1000) {{ nodes {{ close }} totalCount }} }}'
HOURS = f'{{ candles({BTC}, interval: "1h") {{ nodes {{ timestamp close isComplete }} }} }}'
FILLED = f'{{ series({BTC}, interval: "1m", fill: PREVIOUS_CLOSE) {{ close }} }}'


@pytest.fixture
async def btc(settings: Settings) -> Pair:
    pair = await factories.pair()
    await factories.history(pair, 90)
    return pair


def about_candles(statements: Sequence[str]) -> int:
    return sum("FROM candles" in said for said in statements)


@pytest.mark.parametrize("query", [CLOSES, HOURS])
async def test_what_was_read_once_is_not_read_again(api: Client, btc: Pair, statements: list[str], query: str) -> None:
    """Only the version of the series is."""
    first, again = await api.answer(query), await api.answer(query)

    assert first == again
    assert (about_candles(statements), len(statements)) == (1, 3)


async def test_what_is_asked_for_again_and_again_is_kept_as_it_was_sent(
    api: Client, btc: Pair, statements: list[str]
) -> None:
    """From the third time on."""
    kept = CACHE_HITS.labels("answers")
    answers, hits = [], []
    for _ in range(4):
        before = kept._value.get()
        answers.append(await api.answer(CLOSES))
        hits.append(kept._value.get() - before)

    assert hits == [0, 0, 1, 1]
    assert answers == answers[:1] * 4
    assert about_candles(statements) == 1


@pytest.mark.parametrize(
    "query", ["{ pairs { nodes { symbol } } }", f'{{ candles({BTC}, interval: "7m") {{ nodes {{ x }} }} }}']
)
async def test_no_other_answer_is_kept(api: Client, btc: Pair, query: str) -> None:
    """Neither of what is not candles, nor an error."""
    before = CACHE_HITS.labels("answers")._value.get()
    for _ in range(4):
        await api.answer(query)

    assert CACHE_HITS.labels("answers")._value.get() == before


async def test_other_fields_names_and_ranges_are_other_pages(api: Client, btc: Pair) -> None:
    """Nothing is answered with what looks alike."""
    ask = f'candles({BTC}, interval: "1m", last: 2)'
    answer = await api.data(f"""{{
        a: {ask} {{ nodes {{ open }} }} b: {ask} {{ nodes {{ x: open }} }} c: {ask} {{ nodes {{ volume }} }}
        d: candles({BTC}, interval: "1m", first: 2) {{ nodes {{ volume }} }}
    }}""")

    assert answer == {
        "a": {"nodes": [{"open": "100.50"}, {"open": "100.50"}]},
        "b": {"nodes": [{"x": "100.50"}, {"x": "100.50"}]},
        "c": {"nodes": [{"volume": "89"}, {"volume": "90"}]},
        "d": {"nodes": [{"volume": "1"}, {"volume": "2"}]},
    }


async def change_a_candle(pair: Pair) -> None:
    async with connection() as db:
        await db.execute("UPDATE candles SET close = 100.49, low = 100.49 WHERE series = $1", pair.series)


async def remove_a_candle(pair: Pair) -> None:
    async with connection() as db:
        await db.execute("DELETE FROM candles WHERE series = $1 AND timestamp = $2", pair.series, START)


async def add_a_candle(pair: Pair) -> None:
    await factories.candles(pair, [START + 90 * MINUTE])


async def cover_more(pair: Pair) -> None:
    await factories.cover(pair, TimeRange(START, START + 120 * MINUTE))


LATEST = "{ pairs { nodes { latestCandle { timestamp close } } } }"
CHANGES = [
    (LATEST, add_a_candle),
    (LATEST, change_a_candle),
    (CLOSES, add_a_candle),
    (CLOSES, change_a_candle),
    (CLOSES, remove_a_candle),
    (HOURS, change_a_candle),
    (HOURS, cover_more),
    (FILLED, cover_more),
]


@pytest.mark.parametrize(("query", "change"), CHANGES)
async def test_every_change_shows_at_once(api: Client, btc: Pair, query: str, change: object) -> None:
    """Of candles and of what is covered, also after the third answer, which is one that was kept."""
    before = [await api.data(query) for _ in range(3)][-1]
    assert callable(change)
    await change(btc)

    assert await api.data(query) != before


async def test_what_changes_with_the_clock_is_not_remembered(api: Client, btc: Pair, now: datetime) -> None:
    """A range that is covered into the future, where a clock goes wrong, looks different later."""
    await factories.cover(btc, TimeRange(START, now + timedelta(days=1)))
    for _ in range(3):
        await api.data(HOURS)
    async with connection() as db:
        await db.execute("SET session_replication_role = replica; UPDATE candles SET volume = 7 WHERE close > 0")
        await db.execute("SET session_replication_role = DEFAULT")

    volume = await api.data(f'{{ candles({BTC}, interval: "1h", first: 1) {{ nodes {{ volume }} }} }}')
    assert volume == {"candles": {"nodes": [{"volume": "420"}]}}


@dataclass
class Writer:
    """Adds and covers a minute after the other; `written` have been committed."""

    pair: Pair
    written: int = 0
    is_done: bool = False

    async def write(self, minutes: int) -> None:
        for place in range(minutes):
            at = START + place * MINUTE
            row = (int(at.timestamp() * 1000), *(str(place + 1),) * 4, "1")
            async with transaction() as db:
                await candles.upsert(db, self.pair.series, [row])
                await ledger.extend(db, self.pair.id, [TimeRange(at, at + MINUTE)], None, Provenance(Origin.EXCHANGE))
            self.written = place + 1
        self.is_done = True


READS = (
    f'candles({BTC}, interval: "1m", last: 3) {{ nodes {{ newest: close }} }}',
    f'candles({BTC}, interval: "1h", last: 1, fill: PREVIOUS_CLOSE) {{ nodes {{ newest: close }} }}',
)


async def test_no_answer_misses_what_was_committed_before_its_question(api: Client, settings: Settings) -> None:
    """While someone writes, many ask for the same again and again; and most find what another one has asked for."""
    writer = Writer(await factories.pair())
    seen: list[int] = []

    async def read(query: str) -> None:
        while not writer.is_done:
            committed = writer.written
            nodes = (await api.data(f"{{ {query} }}"))["candles"]["nodes"]
            newest = int(nodes[-1]["newest"]) if nodes else 0
            assert newest >= committed
            seen.append(newest)

    async with asyncio.TaskGroup() as group:
        group.create_task(writer.write(150))
        for query in READS * 4:
            group.create_task(read(query))

    assert len(seen) > 150 > len(set(seen)) > 20


def page(text: str = "[]") -> RenderedPage:
    return RenderedPage(True, False, True, None, 1, START, START + MINUTE, (text, "[é]"))


def key(version: int = 1, **view: object) -> PageKey:
    minute, hour = interval("1m"), interval("1h")
    rendering = Rendering(View(hour if view else minute, minute), (), is_newest=True)
    return PageKey(PageQuery(UUID, 1, version, START, START + 1000 * MINUTE, 1000, *(START,) * 5), rendering)


UUID = uuid4()


@dataclass
class Press:
    """Writes pages when it is let, and counts them."""

    of: RenderedPage = field(default_factory=page)
    count: int = 0
    is_free: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, _: PageKey) -> RenderedPage:
        self.count += 1
        await self.is_free.wait()
        return self.of


@pytest.fixture
async def shared(installation: Settings) -> AsyncIterator[SharedPages]:
    async with redis(installation.redis_url) as client:
        yield SharedPages(client, "database")
        await client.flushall()


async def test_many_who_ask_at_once_make_one_statement(shared: SharedPages) -> None:
    """And who gives up does not take the page from the others."""
    cache, press = PageCache(10_000, shared), Press()
    asking = [asyncio.create_task(cache.get(key(), press.write)) for _ in range(10)]
    await asyncio.sleep(0)
    asking[0].cancel()
    press.is_free.set()

    assert await asyncio.gather(*asking[1:]) == [press.of] * 9
    assert press.count == 1


async def test_memory_is_bounded(shared: SharedPages) -> None:
    """The pages that were used last stay, and what is larger than all of the cache is not kept."""
    cache, press = PageCache(50_000, shared), Press(page("x" * 10_000))
    press.is_free.set()
    for version in range(20):
        await cache.get(key(version), press.write)
    await cache.get(key(19), press.write)
    await cache.get(key(0), press.write)
    assert press.count == 21

    press.of = page("x" * 50_000)
    await cache.get(key(30), press.write)
    await cache.get(key(30), press.write)
    assert press.count == 23


async def test_a_failure_is_not_remembered(shared: SharedPages) -> None:
    cache = PageCache(10_000, shared)

    async def fail(_: PageKey) -> RenderedPage:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await cache.get(key(), fail)
    press = Press()
    press.is_free.set()
    assert await cache.get(key(), press.write) == press.of


async def test_what_was_worked_out_is_found_by_other_processes(shared: SharedPages) -> None:
    """Resampled and filled pages; plain ones take PostgreSQL no longer than Redis would."""
    press = Press(replace(page(), first=datetime(2024, 3, 1, tzinfo=UTC)))
    press.is_free.set()
    for version in (1, 2):
        await PageCache(10_000, shared).get(key(version, resampled=True), press.write)
        async with asyncio.timeout(PATIENCE):
            while not await shared.get(str(key(version, resampled=True))):  # noqa: ASYNC110  # it is put later
                await asyncio.sleep(0.01)

    assert await PageCache(10_000, shared).get(key(1, resampled=True), press.write) == press.of
    assert press.count == 2


async def test_another_database_beside_the_same_redis_has_pages_of_its_own(
    shared: SharedPages, installation: Settings
) -> None:
    """As one that a backup was restored to: its series have the same numbers, and their versions mean other candles."""
    shared.put("page", page())
    async with asyncio.timeout(PATIENCE), redis(installation.redis_url) as client:
        while not await shared.get("page"):  # noqa: ASYNC110  # it is put later
            await asyncio.sleep(0.01)
        assert await SharedPages(client, "database").get("page") == page()
        assert await SharedPages(client, "restored").get("page") is None


async def test_without_redis_pages_are_made_again(caplog: pytest.LogCaptureFixture) -> None:
    """Redis is left alone for a while then, instead of being asked for each page."""
    async with redis("redis://127.0.0.1:1") as client:
        cache, press = PageCache(10_000, SharedPages(client, "database")), Press()
        press.is_free.set()
        for version in range(5):
            assert await cache.get(key(version, resampled=True), press.write) == press.of
        await asyncio.sleep(0)

    assert len(caplog.records) == 1
