"""The one place that opens and closes PostgreSQL."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, cast

from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from domain.postgres.client import PostgresClient
from domain.postgres.connect import CONNECT_SECONDS, Connection
from domain.postgres.pool_use import PoolUse
from domain.postgres.pulse import Pulse
from domain.postgres.replica import ReplicaClient
from domain.settings import STATEMENT_SECONDS, Settings

# Seconds. A frozen server is cut off a little later than one that cuts a statement off by itself.
COMMAND_SECONDS: Final = 35
LOCK_SECONDS: Final = 10
IDLE_IN_TRANSACTION_SECONDS: Final = 60

# Seconds that a job waits for a connection: jobs take turns.
POOL_SECONDS: Final = 5.0

_PRIMARY: Final = "default"
_REPLICA: Final = "replica"


def tortoise_config(settings: Settings, *, pool_seconds: float = POOL_SECONDS) -> dict[str, Any]:
    """Tortoise's and aerich's view of the settings; migrations live in `migrations/domain`."""
    primary = _credentials(settings, pool_seconds)
    connections = {_PRIMARY: {"engine": "domain.postgres.client", "credentials": primary}}
    if settings.db_replica_host:
        place = {"host": settings.db_replica_host, "port": settings.db_replica_port or settings.db_port}
        connections[_REPLICA] = {"engine": "domain.postgres.replica", "credentials": primary | place}
    return {
        "connections": connections,
        "apps": {"domain": {"models": ["domain.models", "aerich.models"], "default_connection": _PRIMARY}},
        "use_tz": True,
        "timezone": "UTC",
    }


def _credentials(settings: Settings, pool_seconds: float) -> dict[str, Any]:
    return {
        "host": settings.db_host,
        "port": settings.db_port,
        "user": settings.db_user,
        "password": settings.db_password.get_secret_value(),
        "database": settings.db_name,
        "minsize": 1,
        "maxsize": settings.db_pool_size,
        "patience": pool_seconds,
        "timeout": CONNECT_SECONDS,
        "command_timeout": COMMAND_SECONDS,
        "server_settings": {
            "timezone": "UTC",
            "datestyle": "ISO",
            # Arguments decide how much is read, never the best way to it: planning anew is lost time.
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",  # compiling costs more than any statement here takes
            "statement_timeout": f"{STATEMENT_SECONDS}s",
            "lock_timeout": f"{LOCK_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS}s",
        },
    }


@asynccontextmanager
async def database(settings: Settings, *, pool_seconds: float = POOL_SECONDS) -> AsyncIterator[None]:
    """Opens PostgreSQL for the models and for `connection()` of every task, and closes it.

    Who waits for a connection longer than `pool_seconds` is refused with OverloadedError.
    """
    # asyncpg logs a traceback for each attempt to refill the pool while the server is away.
    logging.getLogger("asyncpg.pool").setLevel(logging.CRITICAL)
    # For all tasks and not for this one alone, which may open another one when this one is closed.
    context = TortoiseContext()
    with context:
        await context.init(tortoise_config(settings, pool_seconds=pool_seconds), _enable_global_fallback=True)
        if settings.db_replica_host:
            _primary().replica = cast("ReplicaClient", get_connection(_REPLICA))
    try:
        yield
    finally:
        await context.close_connections()


def connection() -> AbstractAsyncContextManager[Connection]:
    """A connection of the models' own pool, or that of the transaction under way."""
    found: AbstractAsyncContextManager[Connection] = get_connection(_PRIMARY).acquire_connection()
    return found


@asynccontextmanager
async def transaction() -> AsyncIterator[Connection]:
    """Commits when the block ends, rolls back when it raises."""
    async with in_transaction(_PRIMARY) as client:
        yield client._connection  # noqa: SLF001  # Tortoise hides COPY and RETURNING, which its driver has


def replica() -> ReplicaClient | None:
    """Where candles may be read, too; None inside of a transaction."""
    return getattr(get_connection(_PRIMARY), "replica", None)


def pool_use() -> PoolUse:
    """How the models' own pool is used at this moment."""
    return _primary().pool_use


def pulse() -> Pulse:
    """Tells whether PostgreSQL answers."""
    return _primary().pulse


def _primary() -> PostgresClient:
    return cast("PostgresClient", get_connection(_PRIMARY))


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Whatever is read in the block, by whichever function, stood in the database at one and the same instant."""
    async with transaction() as db:
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
