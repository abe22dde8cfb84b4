"""An answer to every request, also where PostgreSQL is slow or freezes, or the process is told to stop."""

import asyncio
import math
from collections.abc import Awaitable
from typing import Final, TypeVar

from graphql import ExecutionResult

from api.execution.refusals import refused
from domain.database import pulse
from domain.errors import DomainError, TimedOutError, UnavailableError

# Seconds between looks whether PostgreSQL still answers, while an operation takes that long.
_LOOK_SECONDS: Final = 0.3

_FROZEN: Final = "The database does not answer; try again in a moment."
_TOO_LONG: Final = "This took longer than {:g} s and was ended; ask for less at once."
_STOPPING: Final = "This server is shutting down; ask again."

Result = TypeVar("Result")


async def answered(running: Awaitable[Result], seconds: float) -> Result | ExecutionResult:
    """The operation's result; TIMEOUT where it took longer, UNAVAILABLE where it would not come at all."""
    try:
        return await in_time(running, seconds)
    except (TimedOutError, UnavailableError) as error:
        return refused(error)


async def in_time(running: Awaitable[Result], seconds: float = math.inf) -> Result:
    """Raises TimedOutError where the result took longer, UnavailableError where it would not come at all."""
    watch = _Watch(seconds)
    try:
        return await running
    except asyncio.CancelledError:
        raise watch.excuse() from None
    finally:
        watch.end()


class _Watch:
    """Cancels the task that made it when PostgreSQL stops to answer, or when it has taken all its time.

    Costs next to nothing where all goes well.
    """

    __slots__ = ("_began_at", "_looking", "_loop", "_reason", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self._task = asyncio.current_task()
        self._looking: asyncio.Task[None] | None = None
        self._reason: DomainError | None = None
        self._timer = self._loop.call_later(min(_LOOK_SECONDS, seconds), self._begin)

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while await pulse().beats():
            left = self._began_at + self._seconds - self._loop.time()
            if left <= 0:
                self._end_with(TimedOutError(_TOO_LONG.format(self._seconds)))
                return
            await asyncio.sleep(min(_LOOK_SECONDS, left))
        self._end_with(UnavailableError(_FROZEN))

    def _end_with(self, reason: DomainError) -> None:
        self._reason = reason
        if self._task:
            self._task.cancel()

    def excuse(self) -> DomainError:
        """Besides this watch, only the server cancels: requests that are under way when it has to end."""
        if self._task:
            self._task.uncancel()
        return self._reason or UnavailableError(_STOPPING)

    def end(self) -> None:
        self._timer.cancel()
        if self._looking:
            self._looking.cancel()
