"""Work that several wait for."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


class Joint(Generic[Found]):
    """Who gives up does not take it from the others; when nobody waits any more, it is cancelled."""

    def __init__(self, work: Coroutine[Any, Any, Found]) -> None:
        self.task = asyncio.create_task(work)
        self.is_abandoned = False
        self._waiting = 0
        self.task.add_done_callback(_look_at_error)

    async def result(self) -> Found:
        """Raises what the work raises."""
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self._waiting -= 1
            if not (self._waiting or self.task.done()):
                self.is_abandoned = True
                self.task.cancel()


def _look_at_error(task: asyncio.Task[Any]) -> None:
    """Else asyncio complains where all who asked have given up."""
    if not task.cancelled():
        task.exception()
