"""The journal: what each write did to a series, whoever wrote."""

import asyncio
from contextvars import Context
from datetime import UTC, datetime, timedelta

import pytest

from domain.database import connection, snapshot
from domain.interval import interval
from domain.live.candle_news import Follower
from domain.live.candle_topic import CandleTopic
from domain.live.news import TooSlowError
from domain.records import Pair
from domain.seed import seed
from domain.settings import Settings
from domain.storage import changes
from domain.storage.changes import RETENTION, Changes
from domain.storage.series import Series
from domain.timerange import TimeRange, to_postgres
from domain.view import View
from tests import factories
from tests.exchange.market import SettableClock
from tests.factories import START, minutes


@pytest.fixture
async def pair(settings: Settings) -> Pair:
    """Without a candle."""
    await seed(settings, decides=True)
    return await factories.pair()


async def cover(of: Pair, *ranges: TimeRange) -> None:
    async with connection() as db:
        await db.execute("UPDATE coin_exchanges SET covered = $2 WHERE id = $1", of.id, to_postgres(ranges))


def span(start: int, end: int) -> TimeRange:
    return TimeRange(START + minutes(start), START + minutes(end))


async def seen(of: Pair, version: int | None) -> Changes:
    found = await changes.since(of.series, version)
    assert found
    return found


async def test_what_was_not_covered_before_is_remembered(pair: Pair) -> None:
    """And nothing else: neither what was, nor what no longer is."""
    await cover(pair, span(0, 5))
    before = await seen(pair, None)
    await cover(pair, span(0, 7), span(9, 10))
    await cover(pair, span(0, 6))
    after = await seen(pair, before.version)

    assert (before.covered, before.covered_until) == ([], START + minutes(5))
    assert (after.covered, after.covered_until) == ([span(5, 7), span(9, 10)], START + minutes(6))
    assert after.revised == []


async def test_candles_are_remembered_that_change_in_covered_slots(pair: Pair) -> None:
    """Those of a page are told by its coverage alone."""
    await factories.candles(pair, [START, START + minutes(1)])
    await cover(pair, span(0, 3))
    before = await seen(pair, None)
    await factories.candles(pair, [START + minutes(2), START + minutes(3)])
    async with connection() as db:
        await db.execute("UPDATE candles SET volume = 9 WHERE timestamp IN ($1, $2)", START, START + minutes(3))
    after = await seen(pair, before.version)

    assert (after.covered, after.revised) == ([], [START, START + minutes(2)])


async def test_a_version_tells_nothing_of_what_was_before_it(pair: Pair) -> None:
    """Each change is told once to who goes on from version to version."""
    versions = []
    for end in (1, 2, 3):
        await cover(pair, span(0, end))
        versions.append((await seen(pair, None)).version)

    assert [(await seen(pair, version)).covered for version in versions] == [[span(1, 3)], [span(2, 3)], []]


async def test_what_is_read_in_a_snapshot_stood_there_at_one_instant(pair: Pair) -> None:
    """Whatever is committed meanwhile."""
    async with snapshot():
        first = await seen(pair, None)
        await asyncio.create_task(cover(pair, span(0, 9)), context=Context())
        assert await seen(pair, None) == first
    assert (await seen(pair, None)).version > first.version


async def test_old_changes_are_forgotten(pair: Pair) -> None:
    """Those of the last hour stay."""
    await cover(pair, span(0, 1))
    now = datetime.now(UTC)
    await changes.forget(now - RETENTION)
    assert (await seen(pair, 0)).covered
    await changes.forget(now + timedelta(hours=1))

    assert not (await seen(pair, 0)).covered


@pytest.fixture
async def clock() -> SettableClock:
    return SettableClock(START)


@pytest.fixture
async def topic(pair: Pair, clock: SettableClock) -> CandleTopic:
    """That somebody follows."""
    minute = interval("1m")
    topic = CandleTopic(Series(pair.id, pair.series, minute, 0, None), View(minute, minute), clock)
    await topic.begin()
    topic.followers.add(Follower(START))
    return topic


async def told(topic: CandleTopic, pair: Pair) -> int:
    """How many candles the follower is told of after one has come."""
    await factories.candles(pair, [START])
    await cover(pair, span(0, 1))
    await topic.look((await seen(pair, None)).version)
    [follower] = topic.followers
    news = await follower.mailbox.get()
    return len(news.content.candles) if news else 0


async def test_a_quiet_series_is_followed_for_as_long_as_it_is_looked_at(
    pair: Pair, clock: SettableClock, topic: CandleTopic
) -> None:
    """Nothing was missed where nothing was to be told."""
    for _ in range(3):
        clock.advance(RETENTION / 2)
        await topic.look(topic.version)

    assert await told(topic, pair) == 1


async def test_who_looks_after_changes_may_be_forgotten_starts_anew(
    pair: Pair, clock: SettableClock, topic: CandleTopic
) -> None:
    """A process that was frozen for an hour cannot know what it missed."""
    clock.advance(RETENTION)

    with pytest.raises(TooSlowError):
        await told(topic, pair)
