"""Views of candles that someone follows: one look for all of them, and another at each that has changed."""

from collections.abc import AsyncGenerator, Collection
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.clock import Clock
from domain.errors import NotFoundError
from domain.history import Source
from domain.live.candle_news import CandleNews, Follower
from domain.live.candle_topic import CandleTopic
from domain.live.channels import pair_channel
from domain.live.listener import Listener
from domain.live.news import News
from domain.storage import changes

Key: TypeAlias = tuple[int, str]  # number of a series, interval


class CandleTopics:
    def __init__(self, listener: Listener, clock: Clock) -> None:
        self._listener = listener
        self._clock = clock
        self._topics: dict[Key, CandleTopic] = {}

    @property
    def channels(self) -> dict[str, UUID]:
        return {pair_channel(topic.series.pair_id): topic.series.pair_id for topic in self._topics.values()}

    async def follow(self, source: Source, since: datetime | None) -> AsyncGenerator[News[CandleNews], None]:
        """What is stored since an instant, then what is new. Raises NotFoundError and TooSlowError."""
        key = source.series.number, source.view.step.text
        async with self._listener.wanting(pair_channel(source.series.pair_id)):
            topic = self._topics.setdefault(key, CandleTopic(source.series, source.view, self._clock))
            topic.guests += 1
            follower: Follower | None = None
            try:
                await topic.begin()
                follower = Follower(since or topic.closing)
                topic.followers.add(follower)
                async for news in _told(topic, follower, has_history=since is not None):
                    yield news
            finally:
                topic.guests -= 1
                if follower is not None:
                    topic.followers.discard(follower)
                if not topic.guests and self._topics.get(key) is topic:
                    del self._topics[key]

    async def look(self, pair_ids: Collection[UUID]) -> None:
        """Tells followers what is new in PostgreSQL about these pairs."""
        topics = [topic for topic in self._topics.values() if topic.series.pair_id in pair_ids]
        if not topics:
            return
        versions = await changes.versions([topic.series.number for topic in topics])
        for topic in topics:
            with suppress(NotFoundError):  # its followers know
                await topic.look(versions.get(topic.series.number))


async def _told(topic: CandleTopic, follower: Follower, *, has_history: bool) -> AsyncGenerator[News[CandleNews], None]:
    if has_history:
        async for page in topic.history(follower):
            yield page
    while news := await follower.mailbox.get():
        if wanted := follower.wanted(news):
            yield wanted
