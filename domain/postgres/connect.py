"""Connections to PostgreSQL beside the pool that everything else shares: for migrations, and before there is a pool."""

from typing import Final, TypeAlias

import asyncpg

from domain.settings import Settings

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Seconds in which a server that is there answers.
CONNECT_SECONDS: Final = 5


async def connect(settings: Settings, *, database: str | None = None) -> Connection:
    """To DB_NAME where no other database is named. Raises OSError, which a timeout is, too, and asyncpg's errors."""
    return await asyncpg.connect(
        host=settings.db_host or None,
        port=settings.db_port,
        user=settings.db_user,
        password=settings.db_password.get_secret_value(),
        database=database or settings.db_name,
        timeout=CONNECT_SECONDS,
    )
