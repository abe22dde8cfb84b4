"""Telling other processes that there is something new to read. Nobody waits for it, and it may be lost."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

# Seconds that Redis gets, and is then left alone: who follows looks into PostgreSQL every few seconds anyway.
_PATIENCE: Final = 1.0
_PAUSE: Final = 2.0

_log: Final = logging.getLogger(__name__)


class Announcer:
    """Publishes hints. Those for one channel that come while others are on their way are one."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, None] = {}
        self._publishing: asyncio.Task[None] | None = None
        self._away_until = 0.0

    def announce(self, channels: Iterable[str]) -> None:
        """To be called once what has changed is committed."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._away_until:
            return
        self._waiting.update(dict.fromkeys(channels))
        if self._waiting and self._publishing is None:
            self._publishing = loop.create_task(self._publish())

    async def _publish(self) -> None:
        try:
            async with asyncio.timeout(None) as patience:
                while self._waiting:
                    patience.reschedule(asyncio.get_running_loop().time() + _PATIENCE)
                    channels, self._waiting = self._waiting, {}
                    pipeline = self._redis.pipeline(transaction=False)
                    for channel in channels:
                        pipeline.publish(channel, b"")
                    await pipeline.execute()
        except (RedisError, OSError) as error:
            self._away_until = asyncio.get_running_loop().time() + _PAUSE
            self._waiting.clear()
            _log.warning("changes are found by looking because Redis is away: %s", error)
        finally:
            self._publishing = None
