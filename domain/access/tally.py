"""Counts of the minute under way. All processes count together, in Redis, and each on its own while that is away."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from redis.asyncio import Redis

from domain.circuit_breaker import CircuitBreaker

MINUTE: Final = 60

# Seconds that Redis gets for an answer.
_PATIENCE_SECONDS: Final = 0.2

# Seconds: Redis rounds what it tells of a minute's rest, and nobody may be told to come back before the end.
_ROUNDED_AWAY: Final = 0.5

Answer = TypeVar("Answer")


class Tally:
    """A minute begins with the first that is counted in it."""

    def __init__(self, redis: Redis) -> None:
        pool: Any = redis.connection_pool
        self._shared = RedisStorage(
            "async+redis://", implementation="redispy", key_prefix="candelabra:limits", connection_pool=pool
        )
        self._own = MemoryStorage()
        self._breaker = CircuitBreaker(redis, seconds=_PATIENCE_SECONDS, purpose="limits across processes")

    async def add(self, key: str, amount: int) -> int:
        """How many there are with these."""
        return await self._asked(lambda storage: storage.incr(key, MINUTE, amount))

    async def seconds_left(self, key: str) -> float:
        """Of the key's minute."""
        end = await self._asked(lambda storage: storage.get_expiry(key))
        return min(MINUTE, max(0.0, end - time.time()) + _ROUNDED_AWAY)  # the storage told it by this clock

    async def _asked(self, ask: Callable[[Storage], Awaitable[Answer]]) -> Answer:
        found = await self._breaker.answer(lambda: ask(self._shared))
        return await ask(self._own) if found is None else found
