"""A streaming replica: asked as long as it answers, and left alone for a while when it does not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

import asyncpg

from domain.errors import OverloadedError
from domain.postgres.client import PostgresClient
from domain.postgres.connect import Connection

Answer = TypeVar("Answer")

# Seconds between looks whether it still lives, while an answer takes that long.
_LOOK_SECONDS: Final = 0.3

# Seconds between looks whether it is back. No request waits for them.
_PAUSE_SECONDS: Final = 1.0

_log: Final = logging.getLogger(__name__)


class ReplicaAwayError(Exception):
    """The replica cannot answer; the primary may."""


class ReplicaClient(PostgresClient):
    """Reached only by who asks for it; what it raises is no error of the request's."""

    def __init__(self, **credentials: Any) -> None:
        super().__init__(**credentials)
        self._return: asyncio.Task[None] | None = None

    async def ask(self, question: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Raises ReplicaAwayError where it is frozen, gone, too busy or otherwise unable, and soon."""
        if self._return:
            raise ReplicaAwayError
        asking = _started(self._asked(question))
        try:
            return await self._as_long_as_it_lives(asking)
        except (OverloadedError, asyncpg.TransactionRollbackError) as error:  # a moment later it is as good as ever
            raise ReplicaAwayError from error
        except Exception as error:
            self._leave_alone(error)
            raise ReplicaAwayError from error
        finally:
            asking.cancel()

    async def _as_long_as_it_lives(self, asking: "asyncio.Task[Answer]") -> Answer:
        while not (await asyncio.wait({asking}, timeout=_LOOK_SECONDS))[0]:
            if not await self.pulse.beats():
                raise TimeoutError("it does not answer")
        return asking.result()

    async def _asked(self, question: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        async with self.acquire_connection() as db:
            return await question(db)

    def _leave_alone(self, error: Exception) -> None:
        if self._return is None:
            _log.warning("the primary answers because the replica does not: %s: %s", type(error).__name__, error)
            self._return = _started(self._until_it_is_back())

    async def _until_it_is_back(self) -> None:
        has_beaten = False
        while not has_beaten:
            await asyncio.sleep(_PAUSE_SECONDS)
            with suppress(Exception):  # whatever it is, requests need not know
                has_beaten = await self.pulse.beats()
        self._return = None

    async def _close(self) -> None:
        if self._return:
            self._return.cancel()
        await super()._close()


def _started(asking: Coroutine[Any, Any, Answer]) -> "asyncio.Task[Answer]":
    """A task that nobody needs to wait for."""
    task = asyncio.create_task(asking)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


client_class = ReplicaClient
