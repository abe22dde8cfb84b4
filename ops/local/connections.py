"""Whether PostgreSQL and Redis can be reached before anything needs them."""

import asyncio

import asyncpg

from domain.postgres.connect import CONNECT_SECONDS, connect
from domain.settings import Settings
from ops.local.errors import RunError


def require_database(settings: Settings) -> None:
    """Makes the database where there is none yet; raises RunError if that, or reaching the server, fails."""
    try:
        asyncio.run(_require_database(settings))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        where = f"{settings.db_host}:{settings.db_port}/{settings.db_name}"
        reason = str(error) or f"no answer within {CONNECT_SECONDS} s"
        raise RunError(
            f"PostgreSQL at {where} cannot be used: {reason}.\n"
            "Check DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD and DB_NAME, or unset DB_HOST to use the embedded server."
        ) from None


def require_redis(settings: Settings) -> None:
    """Raises RunError if Redis does not answer."""
    import redis  # noqa: PLC0415  # slow, and most runs bring their own

    try:
        client = redis.Redis.from_url(
            settings.redis_url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        )
        with client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise RunError(
            f"Redis at {settings.redis_url.rpartition('@')[2]} cannot be used: {error}.\n"
            "Check REDIS_URL, or unset it to use the embedded server."
        ) from None


async def _require_database(settings: Settings) -> None:
    try:
        await (await connect(settings)).close()
    except asyncpg.InvalidCatalogNameError:
        server = await connect(settings, database="postgres")
        try:
            await server.execute(f'CREATE DATABASE "{settings.db_name.replace(chr(34), chr(34) * 2)}"')
        finally:
            await server.close()
