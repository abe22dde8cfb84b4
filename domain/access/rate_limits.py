"""What a caller may ask for in a minute: requests, and what they cost, in all processes together."""

import asyncio
import math
from dataclasses import dataclass
from typing import Final

from cachetools import TTLCache
from redis.asyncio import Redis

from domain.access.tally import MINUTE, Tally
from domain.errors import RateLimitedError

# A process takes this part of a quota at a time, so that most requests are counted without asking Redis.
# What it has taken and not used when the minute ends is lost, and never more than that.
_SHARE: Final = 100

# Callers whose shares are known at a time; those of others are taken anew.
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Quota:
    """So much of something in any minute that begins with a use of it."""

    name: str
    limit: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left of a quota, as far as this process knows."""

    quota: Quota
    left: int


@dataclass(slots=True)
class _Share:
    """What this process may still give out until `end`, of the loop's clock, and what there was beside it."""

    end: float
    units: int
    beside: int


class RateLimits:
    """`requests` and `cost` a minute, of each caller."""

    def __init__(self, redis: Redis, requests: int, cost: int) -> None:
        self._tally = Tally(redis)
        self._shares: TTLCache[str, _Share] = TTLCache(_MOST, MINUTE)
        self._requests = Quota("requests", requests)
        self._cost = Quota("cost", cost)

    async def count(self, caller: str) -> Balance:
        """One request more. Raises RateLimitedError."""
        return await self._take(self._requests, caller, 1)

    async def spend(self, caller: str, cost: int) -> Balance:
        """What a request costs. Raises RateLimitedError; a whole minute's is enough for any."""
        return await self._take(self._cost, caller, min(cost, self._cost.limit))

    async def _take(self, quota: Quota, caller: str, amount: int) -> Balance:
        key = f"{quota.name}:{caller}"
        share = self._share(key)
        if share is None or (share.units < amount and share.beside > 0):
            share = await self._larger_share(quota, key, amount)
        if share.units < amount:
            wait = max(1, math.ceil(share.end - _now()))
            told = f"The {quota.name} of this minute, {quota.limit:,}, are spent; ask again in {wait} s."
            raise RateLimitedError(told, wait)
        share.units -= amount
        return Balance(quota, share.units + share.beside)

    def _share(self, key: str) -> _Share | None:
        share = self._shares.get(key)
        return share if share and _now() < share.end else None

    async def _larger_share(self, quota: Quota, key: str, amount: int) -> _Share:
        wanted = max(amount, quota.limit // _SHARE)
        taken = await self._tally.add(key, wanted)
        end = _now() + await self._tally.seconds_left(key)
        share = self._share(key)
        if share is None:
            share = self._shares[key] = _Share(end, 0, 0)
        share.units += max(0, wanted - max(0, taken - quota.limit))
        share.beside = max(0, quota.limit - taken)
        return share


def _now() -> float:
    return asyncio.get_running_loop().time()
