"""Everything of one process that someone follows.

PostgreSQL is the truth: a hint from Redis only says when to look, and every few seconds there is a look without one.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from redis.asyncio import Redis

from domain.clock import Clock
from domain.history import Source
from domain.live.candle_news import CandleNews
from domain.live.candle_topics import CandleTopics
from domain.live.job_topics import JobTopics
from domain.live.listener import Listener
from domain.live.news import News
from domain.outage import is_outage
from domain.records import SyncJob

# Seconds between looks without a hint, and after an outage.
_LOOK_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.5

_log: Final = logging.getLogger(__name__)


class Feed:
    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._listener = Listener(redis, self._hint)
        self._jobs = JobTopics(self._listener)
        self._candles = CandleTopics(self._listener, clock)
        self._hinted = set[str | None]()
        self._arrival = asyncio.Event()
        self._look_at = 0.0

    def job(self, job_id: UUID) -> AsyncGenerator[News[SyncJob], None]:
        """The job as it is, then whenever it has moved, until it has ended. Raises NotFoundError and TooSlowError."""
        return self._jobs.follow(job_id)

    def candles(self, source: Source, since: datetime | None) -> AsyncGenerator[News[CandleNews], None]:
        """What is stored since an instant, then what is new. Raises NotFoundError and TooSlowError."""
        return self._candles.follow(source, since)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Feed"]:
        tasks = [asyncio.create_task(self._listener.listen()), asyncio.create_task(self._keep_looking())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _hint(self, channel: str | None) -> None:
        self._hinted.add(channel)
        self._arrival.set()

    async def _keep_looking(self) -> None:
        while True:
            hinted = await self._hints()
            try:
                await self._look(hinted)
            except Exception as error:  # noqa: BLE001  # whatever it is, those who follow rely on the next look
                if is_outage(error):
                    _log.warning("changes wait because of an outage: %s", error)
                else:
                    _log.exception("a look for changes failed")
                self._hint(None)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _hints(self) -> set[str | None]:
        """None is among them when it is time to look at everything."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._look_at):
                await self._arrival.wait()
        if asyncio.get_running_loop().time() >= self._look_at:
            self._hinted.add(None)
        self._arrival.clear()
        hinted, self._hinted = self._hinted, set()
        return hinted

    async def _look(self, hinted: set[str | None]) -> None:
        job_ids, pair_ids = self._jobs.channels, self._candles.channels
        channels = job_ids.keys() | pair_ids.keys()
        if None not in hinted:
            channels &= hinted
        await self._jobs.look([job_ids[name] for name in channels & job_ids.keys()])
        await self._candles.look({pair_ids[name] for name in channels & pair_ids.keys()})
        if None in hinted:
            self._look_at = asyncio.get_running_loop().time() + _LOOK_SECONDS
