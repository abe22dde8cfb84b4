"""What a caller may ask for in a minute: requests, and what they cost. All processes count together, in Redis.

Without Redis each process counts alone, so that a caller is never refused for an outage, nor lets others wait.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.errors import RateLimitedError

# Seconds that Redis gets, and is then left alone.
_PATIENCE: Final = 0.2
_PAUSE: Final = 2.0

Answer = TypeVar("Answer")

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quota:
    """So much of something in any minute that begins with a use of it."""

    name: str
    limit: int

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerMinute(self.limit, namespace=self.name)


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left of a quota."""

    quota: Quota
    left: int


class RateLimits:
    """`requests` and `cost` a minute, of each caller."""

    def __init__(self, redis: Redis, requests: int, cost: int) -> None:
        pool: Any = redis.connection_pool
        self._shared = RedisStorage(
            "async+redis://", implementation="redispy", key_prefix="candelabra:limits", connection_pool=pool
        )
        self._own = MemoryStorage()
        self._away_until = 0.0
        self._requests = Quota("requests", requests)
        self._cost = Quota("cost", cost)

    async def count(self, caller: str) -> Balance:
        """One request more. Raises RateLimitedError."""
        return await self._take(self._requests, caller, 1)

    async def spend(self, caller: str, cost: int) -> Balance:
        """What a request costs. Raises RateLimitedError; a whole minute's is enough for any."""
        return await self._take(self._cost, caller, min(cost, self._cost.limit))

    async def _take(self, quota: Quota, caller: str, amount: int) -> Balance:
        item = quota.item
        key, seconds = item.key_for(caller), item.get_expiry()
        taken = await self._asked(lambda storage: storage.incr(key, seconds, amount))
        if taken > quota.limit:
            expiry = await self._asked(lambda storage: storage.get_expiry(key))
            wait = min(seconds, max(1, math.ceil(expiry - time.time())))  # the storage told it by this clock
            raise RateLimitedError(
                f"The {quota.name} of this minute, {quota.limit:,}, are spent; ask again in {wait} s.", wait
            )
        return Balance(quota, quota.limit - taken)

    async def _asked(self, ask: Callable[[Storage], Awaitable[Answer]]) -> Answer:
        now = asyncio.get_running_loop().time()
        if now >= self._away_until:
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await ask(self._shared)
            except (RedisError, OSError) as error:
                self._away_until = now + _PAUSE
                _log.warning("each process limits requests on its own because Redis is away: %s", error)
        return await ask(self._own)
