"""Which workers are alive, told by themselves through Redis."""

import asyncio
import logging
import os
import socket
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

_log: Final = logging.getLogger(__name__)
_KEY: Final = "candelabra:workers"

# Seconds between beats, and after the last of which a worker counts as gone.
_BEAT_SECONDS: Final = 3
_LIFE_SECONDS: Final = 15

# Redis' own clock, so that the clocks of the machines need not agree.
_BEAT: Final = """
local now = redis.call('TIME')[1]
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
_LIVE: Final = "return redis.call('ZRANGEBYSCORE', KEYS[1], redis.call('TIME')[1] - ARGV[1], '+inf')"


async def beat(redis: Redis) -> None:
    """Tells until cancelled that this worker is alive."""
    name = f"{machine()}:{os.getpid()}"
    while True:
        try:
            await redis.register_script(_BEAT)((_KEY,), (name, _LIFE_SECONDS))
        except (RedisError, OSError) as error:
            _log.warning("the worker cannot tell that it is alive: %s", error)
        await asyncio.sleep(_BEAT_SECONDS)


async def live_workers(redis: Redis) -> list[str]:
    """Which workers are alive, each as `machine:process`."""
    names: list[bytes] = await redis.register_script(_LIVE)((_KEY,), (_LIFE_SECONDS,))
    return [name.decode() for name in names]


def machine() -> str:
    """What a worker's name begins with; a container is a machine of its own."""
    return socket.gethostname()
