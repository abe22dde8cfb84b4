"""Who may come in, and how often."""

from dataclasses import dataclass
from typing import Self

from redis.asyncio import Redis

from domain.access.caller import Caller
from domain.access.key_ring import KeyRing
from domain.access.rate_limits import RateLimits
from domain.errors import UnauthenticatedError
from domain.scope import Scope
from domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Authenticator:
    """`requires_key`: nobody is let in without one; else nobody is asked. Without `limits` nothing is counted."""

    keys: KeyRing
    limits: RateLimits | None
    requires_key: bool

    @classmethod
    def of(cls, settings: Settings, redis: Redis, keys: KeyRing) -> Self:
        limits = settings.limits_per_minute
        return cls(keys, RateLimits(redis, *limits) if limits else None, settings.requires_key)

    async def authenticate(self, authorization: str | None, address: str) -> Caller:
        """Raises UnauthenticatedError, and RateLimitedError for an address that tries too often."""
        if not self.requires_key:
            return Caller(address, Scope.ADMIN)
        try:
            return await self.keys.caller(authorization)
        except UnauthenticatedError:
            if self.limits:
                await self.limits.count(address)
            raise
