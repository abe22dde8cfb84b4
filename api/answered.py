"""An answer to every request, also where PostgreSQL freezes or the process is told to stop."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from graphql import ExecutionResult

from api.turned_away import refused
from domain.database import pulse
from domain.errors import UnavailableError

# Seconds between looks whether PostgreSQL still answers, while an operation takes that long.
_LOOK_SECONDS: Final = 0.3

Result = TypeVar("Result")

_FROZEN: Final = "The database does not answer; try again in a moment."
_STOPPING: Final = "This server is shutting down; ask again."

Awaited = TypeVar("Awaited")


async def answered(running: Awaitable[Result]) -> Result | ExecutionResult:
    """The operation's result; UNAVAILABLE where it would not come in time."""
    try:
        return await in_time(running)
    except UnavailableError as error:
        return refused(error)


async def in_time(running: Awaitable[Awaited]) -> Awaited:
    """Raises UnavailableError where the result would not come in time."""
    watch = _Watch()
    try:
        return await running
    except asyncio.CancelledError:
        raise watch.excuse() from None
    finally:
        watch.end()


class _Watch:
    """Cancels the task that made it when PostgreSQL stops to answer. Costs next to nothing where all goes well."""

    __slots__ = ("_is_frozen", "_looking", "_task", "_timer")

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._looking: asyncio.Task[None] | None = None
        self._is_frozen = False
        self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._begin)

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while await pulse().beats():  # noqa: ASYNC110  # PostgreSQL sets no event
            await asyncio.sleep(_LOOK_SECONDS)
        self._is_frozen = True
        if self._task:
            self._task.cancel()

    def excuse(self) -> UnavailableError:
        """Besides this watch, only the server cancels: requests that are under way when it has to end."""
        if self._task:
            self._task.uncancel()
        return UnavailableError(_FROZEN if self._is_frozen else _STOPPING)

    def end(self) -> None:
        self._timer.cancel()
        if self._looking:
            self._looking.cancel()
