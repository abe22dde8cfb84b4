"""One budget an exchange for the whole fleet, kept in Redis and charged with CCXT's own costs."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Final, NewType
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.candle_source import Effort, Priority, SourceError
from domain.telemetry.metrics import EXCHANGE_BANS, EXCHANGE_WAITS
from workers.line import Line, Place

Grant = NewType("Grant", str)
"""The right to one request, until it is settled."""

# Milliseconds. Exchanges count in windows of this length or of several of it: where none exceeds its share, none does.
_WINDOW_MS: Final = 1_000

# Milliseconds after which a request that was let through has surely arrived or never will, its answer unseen.
_ARRIVAL_MS: Final = 2_000

# Milliseconds of unused time that may be made up for: as late as a busy worker comes for its turn.
_SLACK_MS: Final = 250

# Milliseconds between looks at the budget while others go first, or while answers are awaited: a part of what a request
# costs, so that its turn is not missed, but not so often that looking is all that is done.
_SHORTEST_LOOK_MS: Final = 5.0
_LONGEST_LOOK_MS: Final = 20.0

# Milliseconds that a budget outlives its last use.
_EXPIRY_MS: Final = 86_400_000

# Milliseconds: no request costs as much. Whatever lies further ahead was written down before Redis' clock was set back.
_FAR_MS: Final = 60_000

# Seconds that a page waits; beyond it its job is put off, and others get its place in the worker.
_PATIENCE_SECONDS: Final = 10.0

# Seconds after which a grant is not believed to be fresh: the worker, or Redis, stood still.
_STALE_SECONDS: Final = 1.0

_log: Final = logging.getLogger(__name__)

_TIME: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
"""

# KEYS: the budget, the grants that its window still holds, the line of those who wait.
# ARGV: the grant, its cost in milliseconds of the exchange's time, the window, who asks, with which priority, how many
# milliseconds it has waited, how long to look away, and the constants.
#
# A request arrives at some instant between its grant and its answer, so a grant counts until a window after its answer:
# thus no window of the exchange's ever sees more requests of a kind than fit, however late they leave. Beside that,
# grants are paced. A budget that Redis does not know may have been used up a moment ago, and opens after a window.
# The reply is how many milliseconds to wait first. The first waiter of each worker leaves a mark in the line, so that
# the most urgent of them comes first, and of those the one who waits longest, whatever it costs.
_TAKE: Final = f"""{_TIME}
local cost, window, who, look = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[7])
local arrival, slack, expiry = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local rank = tonumber(ARGV[5]) * 10000000000000 + now - tonumber(ARGV[6])
local free_at, far = tonumber(redis.call('HGET', KEYS[1], 'free_at')), now + {_FAR_MS}
if not free_at or free_at > far then
    free_at = now + window
    redis.call('HSET', KEYS[1], 'free_at', free_at)
    redis.call('PEXPIRE', KEYS[1], expiry)
end
local wait = math.max(free_at, tonumber(redis.call('HGET', KEYS[1], 'banned_until') or 0)) - now
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], far, '+inf')
local used = cost
for _, grant in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    used = used + tonumber(string.match(grant, '[^:]+$'))
end
if wait <= 0 and used > window + 0.001 then
    local earliest = tonumber(redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2])
    wait = math.max(1, math.min(earliest - now, look))
end
local line = redis.call('HGETALL', KEYS[3])
for place = 1, #line, 2 do
    local others, until_ = string.match(line[place + 1], '(.+):(.+)')
    if tonumber(until_) < now then
        redis.call('HDEL', KEYS[3], line[place])
    elseif line[place] ~= who and tonumber(others) < rank then
        wait = math.max(wait, look)
    end
end
if wait > 0 then
    redis.call('HSET', KEYS[3], who, string.format('%.3f:%.3f', rank, now + math.min(wait, 1000) + 50))
    redis.call('PEXPIRE', KEYS[3], 2000)
    return tostring(wait)
end
redis.call('HDEL', KEYS[3], who)
redis.call('HSET', KEYS[1], 'free_at', math.max(free_at, now - slack) + cost)
redis.call('PEXPIRE', KEYS[1], expiry)
redis.call('ZADD', KEYS[2], now + arrival + window, ARGV[1])
redis.call('PEXPIRE', KEYS[2], math.ceil(arrival + window))
return '0'
"""

# KEYS: the budget. The reply is how many milliseconds of a ban are left.
_LEFT: Final = f"""{_TIME}
return tostring(math.max(0, tonumber(redis.call('HGET', KEYS[1], 'banned_until') or 0) - now))
"""

# KEYS: the grants. ARGV: the grant, the window.
_SETTLE: Final = f"""{_TIME}
redis.call('ZADD', KEYS[1], 'XX', 'LT', now + tonumber(ARGV[2]), ARGV[1])
"""

# KEYS: the budget. ARGV: milliseconds of the ban, those that the budget outlives its last use.
_BAN: Final = f"""{_TIME}
local banned_until = now + tonumber(ARGV[1])
if banned_until > tonumber(redis.call('HGET', KEYS[1], 'banned_until') or 0) then
    redis.call('HSET', KEYS[1], 'banned_until', banned_until)
end
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(tonumber(ARGV[2]), tonumber(ARGV[1]))))
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """The right to ask one exchange, shared by every worker on the same Redis."""

    redis: Redis
    exchange: str
    line: Line = field(default_factory=Line)
    worker: str = field(default_factory=lambda: uuid4().hex)
    tellings: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def _key(self) -> str:
        return f"candelabra:budget:{self.exchange}"

    @property
    def _grants(self) -> str:
        return f"{self._key}:grants"

    async def take(self, milliseconds: float, effort: Effort) -> Grant | None:
        """Waits until the exchange's time may be used for so long, and adds the waiting to the effort.

        What costs nothing is granted nothing, and waits for bans alone. Raises SourceError where that would hold up
        more than the asker, and RedisError.
        """
        began_at = monotonic()
        deadline = began_at + _PATIENCE_SECONDS
        with self._counted_wait(began_at), self.line.place(int(effort.priority)) as place:
            while True:
                if not place.is_first.is_set():
                    with effort.waiting(monotonic):
                        await self._come_first(place, deadline)
                asked_at = monotonic()
                grant, wait = await self._ask(milliseconds, effort.priority, asked_at - began_at)
                if not wait and monotonic() - asked_at < _STALE_SECONDS:
                    return grant
                if wait > deadline - monotonic():
                    raise self._put_off(wait)
                with effort.waiting(monotonic):
                    await asyncio.sleep(wait)

    @contextmanager
    def _counted_wait(self, began_at: float) -> Iterator[None]:
        try:
            yield
        finally:
            EXCHANGE_WAITS.labels(self.exchange).inc(monotonic() - began_at)

    async def _come_first(self, place: Place, deadline: float) -> None:
        try:
            async with asyncio.timeout(deadline - monotonic()):
                await place.is_first.wait()
        except TimeoutError:
            raise self._put_off(0.0) from None

    def _put_off(self, seconds: float) -> SourceError:
        if seconds < _PATIENCE_SECONDS:
            told = f"The rate limit of {self.exchange} leaves no room yet."
            return SourceError("BUSY", told, is_transient=True)
        told = f"{self.exchange} wants to be left alone for {seconds:.0f} s."
        return SourceError("RATE_LIMITED", told, is_transient=True, retry_after=seconds)

    async def _ask(self, cost: float, priority: Priority, waited: float) -> tuple[Grant | None, float]:
        """A grant, and the seconds to wait before asking again; 0 where the grant may be used."""
        if not cost:
            return None, float(await self.redis.register_script(_LEFT)((self._key,))) / 1000
        grant = Grant(f"{uuid4().hex}:{cost}")
        keys = (self._key, self._grants, f"{self._key}:line")
        look = min(max(cost / 2, _SHORTEST_LOOK_MS), _LONGEST_LOOK_MS)
        about = (grant, cost, _window(cost), self.worker, int(priority), waited * 1000, look)
        arguments = (*about, _ARRIVAL_MS, _SLACK_MS, _EXPIRY_MS)
        return grant, float(await self.redis.register_script(_TAKE)(keys, arguments)) / 1000

    def settle(self, grant: Grant | None) -> None:
        """Tells that the request was answered, or given up, while its asker goes on."""
        if grant is None:
            return
        telling = asyncio.create_task(self._settle(grant))
        self.tellings.add(telling)
        telling.add_done_callback(self.tellings.discard)

    async def close(self) -> None:
        """Returns when all that was settled has been told."""
        await asyncio.gather(*self.tellings)

    async def _settle(self, grant: Grant) -> None:
        cost = float(grant.partition(":")[2])
        try:
            await self.redis.register_script(_SETTLE)((self._grants,), (grant, _window(cost)))
        except (RedisError, OSError) as error:
            _log.warning("a grant of %s expires unsettled because Redis is away: %s", self.exchange, error)

    async def ban(self, seconds: float) -> None:
        """Makes every worker leave the exchange alone for so long."""
        EXCHANGE_BANS.labels(self.exchange).inc()
        await self.redis.register_script(_BAN)((self._key,), (seconds * 1000, _EXPIRY_MS))


def _window(cost: float) -> float:
    """Milliseconds, of which requests of that cost fill all."""
    return cost * ceil(_WINDOW_MS / cost)
