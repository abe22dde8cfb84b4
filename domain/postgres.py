"""Tortoise's PostgreSQL engine with bounded waits and one round trip less a statement."""

from typing import Any, Final

import asyncpg
from asyncpg.pool import Pool, PoolAcquireContext
from tortoise.backends.asyncpg.client import AsyncpgDBClient

# Seconds that anyone waits for a connection: longer, and those who ask are too many.
POOL_SECONDS: Final = 5.0


class _Connection(asyncpg.Connection):
    def get_reset_query(self) -> str:
        """Nothing: no statement of ours changes the session, and asking for it would cost a round trip each time."""
        return ""


class _Pool(Pool):
    def acquire(self, *, timeout: float | None = POOL_SECONDS) -> PoolAcquireContext:
        """TimeoutError where all connections stay taken."""
        return super().acquire(timeout=timeout)


class PostgresClient(AsyncpgDBClient):
    connection_class = _Connection  # type: ignore[assignment]  # a subclass is what it is for

    async def create_pool(self, **options: Any) -> Pool:
        defaults = {
            "max_queries": 50_000,
            "max_inactive_connection_lifetime": 300.0,
            "connect": None,
            "setup": None,
            "init": None,
            "reset": None,
            "record_class": asyncpg.Record,
        }
        return await _Pool(**{**defaults, **options})


client_class = PostgresClient
