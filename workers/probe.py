"""`python -m workers.probe`: status 0 when a worker of this machine tells that it lives.

Asked by whatever watches over the process, with one worker a machine or container.
"""

import asyncio
import sys
from typing import Final

from redis.exceptions import RedisError

from domain.heartbeat import live_workers, machine
from domain.queue import redis
from domain.settings import Settings, SettingsError

# Seconds: fewer than the five that a health check of a container has.
_PATIENCE_SECONDS: Final = 3


def main() -> int:
    try:
        found = asyncio.run(asyncio.wait_for(_lives(Settings.load()), _PATIENCE_SECONDS))
    except (TimeoutError, RedisError, OSError, SettingsError) as error:
        print(f"Whether the worker lives cannot be told: {error}", file=sys.stderr)
        return 1
    return 0 if found else 1


async def _lives(settings: Settings) -> bool:
    async with redis(settings.redis_url) as client:
        return any(name.startswith(f"{machine()}:") for name in await live_workers(client))


if __name__ == "__main__":
    sys.exit(main())
