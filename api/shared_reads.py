"""One reading for all who ask for the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar, cast

Found = TypeVar("Found")

# Seconds that a slow reading holds up the next one.
_PATIENCE: Final = 0.1


class SharedReads:
    """Who asks while a reading is under way waits for the next one, so that no answer is older than its question.

    The next one begins when that has ended, or takes long.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, what: Hashable, read: Callable[[], Awaitable[Found]]) -> Found:
        """Raises what reading raises."""
        if what not in self._next:
            reading = asyncio.create_task(self._read(what, read, self._under_way.get(what)))
            reading.add_done_callback(_look_at_error)
            self._next[what] = reading
        # Who gives up does not take the answer from the others.
        return cast("Found", await asyncio.shield(self._next[what]))

    async def _read(
        self, what: Hashable, read: Callable[[], Awaitable[Found]], before: asyncio.Task[Any] | None
    ) -> Found:
        if before:
            await asyncio.wait([before], timeout=_PATIENCE)
        this = self._under_way[what] = self._next.pop(what)
        try:
            return await read()
        finally:
            if self._under_way.get(what) is this:
                del self._under_way[what]


def _look_at_error(reading: asyncio.Task[Any]) -> None:
    """Else asyncio complains where all who asked have given up."""
    if not reading.cancelled():
        reading.exception()
