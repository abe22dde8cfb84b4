"""What waits for a follower, what of it is news, and how a hint finds its way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from domain.interval import interval
from domain.live.announcer import Announcer
from domain.live.candle_news import CandleNews, Follower, NewsKind, instants, slots
from domain.live.listener import Listener
from domain.live.news import MAX_WAITING, Mailbox, News, TooSlowError
from domain.queue import redis
from domain.timerange import TimeRange
from domain.view import View, ViewedCandle
from tests.factories import START, minutes
from tests.patience import PATIENCE

MINUTE, FIVE = interval("1m"), interval("5m")


async def test_a_mailbox_that_nobody_empties_is_dropped() -> None:
    """With all that it held: its follower has to begin anew."""
    mailbox = Mailbox[int]()
    for number in range(MAX_WAITING + 1):
        mailbox.put(News(number))

    with pytest.raises(TooSlowError):
        await mailbox.get()


async def test_a_mailbox_gives_news_in_their_order() -> None:
    """Also to who waits already."""
    mailbox = Mailbox[int]()
    waiting = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    mailbox.put(News(1))
    mailbox.put(News(2))
    found = [await waiting, await mailbox.get()]

    assert [news.content for news in found if news] == [1, 2]


def at(minute: int) -> ViewedCandle:
    return ViewedCandle(START + minutes(minute), "1", "1", "1", "1", "1", is_complete=True, is_filled=False)


def news(version: int, *opened: int, kind: NewsKind = NewsKind.CLOSED) -> News[CandleNews]:
    return News(CandleNews(kind, uuid4(), version, [at(minute) for minute in opened]))


def minutes_of(found: News[CandleNews] | None) -> list[int]:
    return [(candle.timestamp - START) // timedelta(minutes=1) for candle in found.content.candles] if found else []


def test_what_a_page_of_history_had_is_no_news() -> None:
    """Each page was read as of a version of its own."""
    follower = Follower(START)
    follower.has_read(START + minutes(10), 5)
    follower.has_read(START + minutes(20), 7)
    told = [minutes_of(follower.wanted(news(version, 0, 9, 10, 19, 20))) for version in (5, 6, 7, 8)]

    assert told == [[20], [0, 9, 20], [0, 9, 20], [0, 9, 10, 19, 20]]


def test_a_backfill_before_its_floor_is_no_news_to_a_follower() -> None:
    """A revision is, wherever it is."""
    follower = Follower(START + minutes(5))

    assert minutes_of(follower.wanted(news(1, 4, 5, 6))) == [5, 6]
    assert minutes_of(follower.wanted(news(1, 4, 5, 6, kind=NewsKind.REVISED))) == [4, 5, 6]


def test_followers_who_want_all_of_it_share_the_same_news() -> None:
    """So that it is worked out once."""
    item = news(1, 6)

    assert Follower(START).wanted(item) is item


def test_a_change_touches_the_slots_of_a_view() -> None:
    """Whole ones where candles are resampled; as they are where they are not."""
    changed = [TimeRange(START + minutes(3), START + minutes(6)), *instants([START + minutes(12)])]
    touched = [[(part.start, part.end) for part in slots(View(step, MINUTE), changed)] for step in (FIVE, MINUTE)]

    assert touched[0] == [(START, START + minutes(15))]
    assert [start for start, _ in touched[1]] == [START + minutes(3), START + minutes(12)]


@pytest.fixture
async def client(valkey: str) -> AsyncIterator[Redis]:
    async with redis(valkey) as found:
        yield found


async def heard(hints: "asyncio.Queue[str | None]", wanted: str | None) -> None:
    async with asyncio.timeout(PATIENCE):
        while await hints.get() != wanted:
            pass


async def test_hints_are_heard_again_after_redis_dropped_the_connection(client: Redis) -> None:
    """And as some may have been lost meanwhile, there is one that stands for all."""
    hints: asyncio.Queue[str | None] = asyncio.Queue()
    listener = Listener(client, hints.put_nowait)
    listening = asyncio.create_task(listener.listen())
    async with listener.wanting("a"):
        await heard(hints, None)
        Announcer(client).announce(["a", "b"])
        await heard(hints, "a")
        await client.client_kill_filter(_type="pubsub")
        await heard(hints, None)
        Announcer(client).announce(["a"])
        await heard(hints, "a")
    listening.cancel()
    await asyncio.wait({listening})


async def test_who_announces_does_not_wait_for_redis(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where it is away nothing is raised, and it is left alone for a while."""
    async with redis(f"unix://{tmp_path_factory.mktemp('nowhere')}/valkey.sock") as away:
        announcer = Announcer(away)
        announcer.announce(["a"])
        publishing = announcer._publishing
        assert publishing
        await publishing
        announcer.announce(["a"])

        assert announcer._publishing is None
