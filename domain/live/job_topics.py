"""Sync jobs that someone follows: one look for all of them."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field
from uuid import UUID

from domain.errors import NotFoundError
from domain.live.channels import job_channel
from domain.live.listener import Listener
from domain.live.news import Mailbox, News
from domain.records import SyncJob
from domain.storage import jobs


@dataclass(slots=True)
class _Topic:
    latest: News[SyncJob] | None = None
    followers: set[Mailbox[SyncJob]] = field(default_factory=set)


class JobTopics:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._topics: dict[UUID, _Topic] = {}
        self._looking = asyncio.Lock()

    @property
    def channels(self) -> dict[str, UUID]:
        return {job_channel(job_id): job_id for job_id in self._topics}

    async def follow(self, job_id: UUID) -> AsyncGenerator[News[SyncJob], None]:
        """The job as it is, then whenever it has moved, until it has ended. Raises NotFoundError and TooSlowError."""
        async with self._listener.wanting(job_channel(job_id)):
            mailbox = Mailbox[SyncJob]()
            topic = self._topics.setdefault(job_id, _Topic())
            topic.followers.add(mailbox)
            try:
                if topic.latest:
                    mailbox.put(News(topic.latest.content))  # as it is now, not as others made of it then
                else:
                    await self._look_first(job_id, topic)
                async for news in _told(mailbox):
                    yield news
            finally:
                topic.followers.discard(mailbox)
                if not topic.followers and self._topics.get(job_id) is topic:
                    del self._topics[job_id]

    async def _look_first(self, job_id: UUID, topic: _Topic) -> None:
        """Who comes while the first look is under way is told by it, too."""
        async with self._looking:
            is_known = topic.latest is not None
        if not is_known:
            await self.look([job_id])

    async def look(self, job_ids: Collection[UUID]) -> None:
        """Tells followers what is new in PostgreSQL."""
        if not job_ids:
            return
        async with self._looking:
            found = await jobs.by_ids(list(job_ids))
            for job_id in job_ids:
                if topic := self._topics.get(job_id):
                    _tell(topic, found.get(job_id))


def _tell(topic: _Topic, job: SyncJob | None) -> None:
    if job and topic.latest and topic.latest.content == job:
        return
    news = News(job) if job else None
    topic.latest = news or topic.latest
    for mailbox in topic.followers:
        mailbox.put(news)


async def _told(mailbox: Mailbox[SyncJob]) -> AsyncGenerator[News[SyncJob], None]:
    while news := await mailbox.get():
        yield news
        if not news.content.status.is_open:
            return
    raise NotFoundError("There is no such sync job, or no longer: another one may have taken its place.")
