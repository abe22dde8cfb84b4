"""Whether the process lives, and whether everything is there that queries and jobs need."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.state import state_of
from domain.heartbeat import live_workers
from domain.migrate import pending
from domain.settings import Settings, SettingsError

_OK: Final = "ok"
_DATABASE_AWAY: Final = {"database": "out of reach", "schema": "unknown"}
_REDIS_AWAY: Final = {"redis": "out of reach", "worker": "unknown"}

# Seconds after which a part that has not answered counts as out of reach.
_PATIENCE_SECONDS: Final = 2.0


async def healthz(_: Request) -> JSONResponse:
    return JSONResponse({"status": _OK})


async def readyz(request: Request) -> JSONResponse:
    """503 unless every part is `ok`."""
    state = state_of(request)
    database, redis = await asyncio.gather(
        _told_in_time(_database(state["settings"]), _DATABASE_AWAY),
        _told_in_time(_redis(state["redis"]), _REDIS_AWAY),
    )
    parts = database | redis
    is_ready = set(parts.values()) == {_OK}
    return JSONResponse({"ready": is_ready, **parts}, 200 if is_ready else 503)


async def _database(settings: Settings) -> dict[str, str]:
    try:
        missing = await pending(settings)
    except SettingsError:
        return _DATABASE_AWAY
    return {"database": _OK, "schema": f"lacks {len(missing)} migrations" if missing else _OK}


async def _redis(redis: Redis) -> dict[str, str]:
    try:
        workers = await live_workers(redis)
    except (RedisError, OSError):
        return _REDIS_AWAY
    return {"redis": _OK, "worker": _OK if workers else "none is alive"}


async def _told_in_time(look: Coroutine[Any, Any, dict[str, str]], otherwise: dict[str, str]) -> dict[str, str]:
    """Does not wait for the look to be cancelled: a driver may hang while it tells a frozen server to stop."""
    task = asyncio.create_task(look)
    done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
    if not done:
        task.cancel()
        return otherwise
    return task.result()
