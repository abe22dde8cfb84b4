"""Hearing hints: one connection to Redis a process, one subscription a channel however many want it."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

# A connection without any subscription cannot be read from.
_ANY: Final = "candelabra:live"

# Seconds between looks whether Redis is still there, and between attempts to reach it.
_READ_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.5

_log: Final = logging.getLogger(__name__)


class Listener:
    """`on_hint` is told the channel, or None where hints may have been lost."""

    def __init__(self, redis: Redis, on_hint: Callable[[str | None], None]) -> None:
        self._redis = redis
        self._on_hint = on_hint
        self._wanted = Counter[str]()
        self._connected: PubSub | None = None

    @asynccontextmanager
    async def wanting(self, channel: str) -> AsyncIterator[None]:
        """Hints of the channel are heard for the time of the block."""
        self._wanted[channel] += 1
        if self._wanted[channel] == 1:
            await self._tell("subscribe", channel)
        try:
            yield
        finally:
            self._wanted[channel] -= 1
            if not self._wanted[channel]:
                del self._wanted[channel]
                await self._tell("unsubscribe", channel)

    async def _tell(self, command: str, channel: str) -> None:
        """Where Redis is away, the next connection begins with what is wanted then."""
        if self._connected is None:
            return
        try:
            await getattr(self._connected, command)(channel)
        except (RedisError, OSError):
            self._connected = None

    async def listen(self) -> None:
        """Until cancelled."""
        has_told = False
        while True:
            try:
                async with self._redis.pubsub() as connection:
                    await self._hear(connection)
            except (RedisError, OSError) as error:
                if not has_told or self._connected:
                    _log.warning("changes are found by looking because Redis is away: %s", error)
                has_told = True
            finally:
                self._connected = None
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _hear(self, connection: PubSub) -> None:
        await connection.subscribe(_ANY, *self._wanted)
        self._connected = connection
        self._on_hint(None)
        while self._connected is connection:
            message = await connection.get_message(ignore_subscribe_messages=True, timeout=_READ_SECONDS)
            if message:
                self._on_hint(message["channel"].decode())
