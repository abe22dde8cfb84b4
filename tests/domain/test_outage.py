"""An outage passes; a mistake of ours does not."""

import asyncpg
import pytest
from redis.exceptions import BusyLoadingError, OutOfMemoryError
from redis.exceptions import TimeoutError as RedisTimeoutError

from domain.errors import OverloadedError, TimedOutError, UnavailableError
from domain.outage import is_outage


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        FileNotFoundError("no such socket"),
        TimeoutError(),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        OverloadedError("all connections are taken"),
        UnavailableError("the database does not answer"),
        TimedOutError("it took too long"),
        BusyLoadingError("loading the dataset in memory"),
        OutOfMemoryError("command not allowed"),
        RedisTimeoutError("reading from socket"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_is_an_outage(error: Exception) -> None:
    """The server is away, starting, stopping, frozen or full, whichever words the driver finds for it."""
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UndefinedColumnError("column does not exist"),
        asyncpg.DataError("invalid input"),
        asyncpg.UniqueViolationError("duplicate key"),
        KeyError("series"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_mistake_is_none(error: Exception) -> None:
    """It would be made again."""
    assert not is_outage(error)
