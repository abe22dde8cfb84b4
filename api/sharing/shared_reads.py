"""One reading for all who ask for the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar, cast

from api.sharing.joint import Joint

Found = TypeVar("Found")

# Seconds that a slow reading holds up the next one.
_PATIENCE_SECONDS: Final = 0.1


class SharedReads:
    """Who asks while a reading is under way waits for the next one, so that no answer is older than its question.

    The next one begins when that has ended, or takes long.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Joint[Any]] = {}
        self._next: dict[Hashable, Joint[Any]] = {}

    async def get(self, what: Hashable, read: Callable[[], Awaitable[Found]]) -> Found:
        """Raises what reading raises."""
        coming = self._next.get(what)
        if coming is None or coming.is_abandoned:
            coming = self._next[what] = Joint(self._read(what, read, self._under_way.get(what)))
            coming.task.add_done_callback(lambda _: self._forget(what, coming))
        return cast("Found", await coming.result())

    async def _read(self, what: Hashable, read: Callable[[], Awaitable[Found]], before: Joint[Any] | None) -> Found:
        if before:
            await asyncio.wait([before.task], timeout=_PATIENCE_SECONDS)
        self._under_way[what] = self._next.pop(what)
        return await read()

    def _forget(self, what: Hashable, ended: Joint[Any]) -> None:
        for known in (self._under_way, self._next):
            if known.get(what) is ended:
                del known[what]
