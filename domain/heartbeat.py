"""Which workers are alive, and by which exchanges files they go, told by themselves through Redis."""

import asyncio
import logging
import os
import socket
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

_log: Final = logging.getLogger(__name__)
_KEY: Final = "candelabra:workers"
_FILES_KEY: Final = "candelabra:workers:files"

# Seconds between beats, and after the last of which a worker counts as gone.
_BEAT_SECONDS: Final = 3
_LIFE_SECONDS: Final = 15

# Redis' own clock, so that the clocks of the machines need not agree.
_BEAT: Final = """
local now = redis.call('TIME')[1]
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])) do
    redis.call('ZREM', KEYS[1], gone)
    redis.call('HDEL', KEYS[2], gone)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
"""
_LIVE: Final = "return redis.call('ZRANGEBYSCORE', KEYS[1], redis.call('TIME')[1] - ARGV[1], '+inf')"


async def beat(redis: Redis, file: str) -> None:
    """Tells until cancelled that this worker is alive, and the outline of its exchanges file."""
    while True:
        try:
            await redis.register_script(_BEAT)((_KEY, _FILES_KEY), (own_name(), _LIFE_SECONDS, file))
        except (RedisError, OSError) as error:
            _log.warning("the worker cannot tell that it is alive: %s", error)
        await asyncio.sleep(_BEAT_SECONDS)


async def leave(redis: Redis) -> None:
    """Tells that this worker is gone; where Redis is away, silence tells it a little later."""
    try:
        await redis.zrem(_KEY, own_name())
        await redis.hdel(_FILES_KEY, own_name())  # type: ignore[misc]
    except (RedisError, OSError) as error:
        _log.warning("the worker cannot tell that it is gone: %s", error)


async def live_workers(redis: Redis) -> list[str]:
    """Which workers are alive, each as `machine:process`."""
    names: list[bytes] = await redis.register_script(_LIVE)((_KEY,), (_LIFE_SECONDS,))
    return [name.decode() for name in names]


async def live_files(redis: Redis) -> dict[str, str]:
    """The outlines of the exchanges files of workers that are alive, by their names."""
    names = await live_workers(redis)
    told = await redis.hmget(_FILES_KEY, names) if names else []  # type: ignore[misc]
    return {name: file.decode() for name, file in zip(names, told, strict=True) if file is not None}


def own_name() -> str:
    return f"{machine()}:{os.getpid()}"


def machine() -> str:
    """What a worker's name begins with; a container is a machine of its own."""
    return socket.gethostname()
