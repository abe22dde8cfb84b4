"""Telling an outage, which passes, from a mistake of ours, which does not."""

from typing import Final

import asyncpg
from redis.exceptions import RedisError
from tortoise.exceptions import DBConnectionError

from domain.errors import OverloadedError, TimedOutError, UnavailableError

_OUTAGES: Final = (
    OSError,  # refused, reset, no such socket; a timeout of ours or of the driver is one, too
    DBConnectionError,
    OverloadedError,  # all connections of our own pool are taken
    UnavailableError,  # what clients are told of an outage, as is the next
    TimedOutError,
    RedisError,
    asyncpg.InterfaceError,  # the connection or its pool is closed
    asyncpg.InternalClientError,  # the connection broke in the driver's hands
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # statement timeout, shutdown, starting up
    asyncpg.InsufficientResourcesError,  # too many connections, out of memory or disk
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,  # deadlock
)


def is_outage(error: BaseException) -> bool:
    """Whether PostgreSQL or Redis is out of reach, too slow or too busy to answer."""
    # Values that the driver cannot encode are a mistake, though the driver files them under its interface.
    return isinstance(error, _OUTAGES) and not isinstance(error, ValueError)
