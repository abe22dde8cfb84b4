"""One budget an exchange for the whole fleet: a token bucket in Redis, charged with CCXT's own costs."""

import asyncio
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from domain.source import Effort, SourceError

# Milliseconds that a bucket outlives its last use.
_EXPIRY_MS: Final = 600_000

# Milliseconds between looks at the bucket while others go first.
_YIELD_MS: Final = 20

# Seconds that a job holds its lease for the budget's sake; beyond it is put off and others get its place.
_PATIENCE_SECONDS: Final = 5.0

# KEYS: the bucket. ARGV: the cost in milliseconds of the exchange's time, our priority, how long others wait for us.
# The bucket holds the instant at which the exchange is free again; its reply is how many milliseconds to wait first.
# A caller of higher priority that has to wait leaves its mark, and callers of lower priority wait behind it.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free_at = tonumber(redis.call('HGET', KEYS[1], 'free_at') or 0)
local banned_until = tonumber(redis.call('HGET', KEYS[1], 'banned_until') or 0)
local priority = tonumber(ARGV[2])
for higher = 0, priority - 1 do
    if tonumber(redis.call('HGET', KEYS[1], 'waiting_' .. higher) or 0) > now then
        return math.max(tonumber(ARGV[3]), free_at - now)
    end
end
local wait = math.max(free_at, banned_until) - now
if wait > 0 then
    redis.call('HSET', KEYS[1], 'waiting_' .. priority, now + wait + 50)
else
    redis.call('HSET', KEYS[1], 'free_at', math.max(free_at, now) + tonumber(ARGV[1]))
    redis.call('HDEL', KEYS[1], 'waiting_' .. priority)
end
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[4]), banned_until - now))
return math.max(wait, 0)
"""

_BAN: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local banned_until = now + tonumber(ARGV[1])
if banned_until > tonumber(redis.call('HGET', KEYS[1], 'banned_until') or 0) then
    redis.call('HSET', KEYS[1], 'banned_until', banned_until)
end
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), tonumber(ARGV[1])))
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """The right to ask one exchange, shared by every worker on the same Redis."""

    redis: Redis
    exchange: str

    @property
    def _key(self) -> str:
        return f"candelabra:budget:{self.exchange}"

    async def take(self, milliseconds: float, effort: Effort) -> None:
        """Waits until the exchange's time may be used for so long, and adds the waiting to the effort.

        Raises SourceError where that would hold up more than the asker.
        """
        while wait := await self._try(milliseconds, effort):
            seconds = wait / 1000
            if seconds > _PATIENCE_SECONDS:
                told = f"{self.exchange} wants to be left alone for {seconds:.0f} s."
                raise SourceError("RATE_LIMITED", told, is_transient=True, retry_after=seconds)
            await asyncio.sleep(seconds)
            effort.waited_seconds += seconds

    async def _try(self, milliseconds: float, effort: Effort) -> int:
        arguments = map(str, (round(milliseconds), int(effort.priority), _YIELD_MS, _EXPIRY_MS))
        return int(await self.redis.eval(_TAKE, 1, self._key, *arguments))  # type: ignore[misc]

    async def ban(self, seconds: float) -> None:
        """Makes every worker leave the exchange alone for so long."""
        await self.redis.eval(_BAN, 1, self._key, str(round(seconds * 1000)), str(_EXPIRY_MS))  # type: ignore[misc]
