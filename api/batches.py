"""One statement for all who ask the same kind of thing at the same time, in whatever request."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")
Found = TypeVar("Found")

# More at once would not cost less each.
_MOST: Final = 500

# A statement that takes longer holds up everyone who asks after it.
_SECONDS: Final = 5.0


class Batches(Generic[Key, Found]):
    """Who asks while a statement is under way waits for the next one, so that no answer is older than its question."""

    def __init__(self, find: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Found]]]) -> None:
        self._find = find
        self._waiting: list[tuple[Key, asyncio.Future[Found | None]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def load(self, key: Key) -> Found | None:
        """None where nothing was found. Raises what finding raises, and TimeoutError."""
        future: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await future

    async def _ask(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._answer([waiting for waiting in batch if not waiting[1].done()])
        finally:
            self._asking = None

    async def _answer(self, batch: Sequence[tuple[Key, "asyncio.Future[Found | None]"]]) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                found = await self._find(list(dict.fromkeys(key for key, _ in batch)))
        except Exception as error:  # noqa: BLE001  # each of those who wait is told
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in batch:
            if not future.done():
                future.set_result(found.get(key))
