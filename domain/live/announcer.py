"""Telling other processes that there is something new to read. Nobody waits for it, and it may be lost."""

import asyncio
from collections.abc import Iterable
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.circuit_breaker import CircuitBreaker

# Seconds that Redis gets: who follows looks into PostgreSQL every few seconds anyway.
_PATIENCE_SECONDS: Final = 1.0


class Announcer:
    """Publishes hints. Those for one channel that come while others are on their way are one."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, None] = {}
        self._publishing: asyncio.Task[None] | None = None
        self._breaker = CircuitBreaker(redis, seconds=_PATIENCE_SECONDS, purpose="announcements of changes")

    def announce(self, channels: Iterable[str]) -> None:
        """To be called once what has changed is committed."""
        if self._breaker.is_away:
            return
        self._waiting.update(dict.fromkeys(channels))
        if self._waiting and self._publishing is None:
            self._publishing = asyncio.create_task(self._publish())

    async def _publish(self) -> None:
        try:
            async with asyncio.timeout(None) as patience:
                while self._waiting:
                    patience.reschedule(asyncio.get_running_loop().time() + _PATIENCE_SECONDS)
                    channels, self._waiting = self._waiting, {}
                    pipeline = self._redis.pipeline(transaction=False)
                    for channel in channels:
                        pipeline.publish(channel, b"")
                    await pipeline.execute()
        except (RedisError, OSError) as error:
            self._breaker.miss(error)
            self._waiting.clear()
        finally:
            self._publishing = None
