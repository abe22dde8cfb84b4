"""One statement for all who ask the same kind of thing at the same time, in whatever request."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

Key = TypeVar("Key")
Found = TypeVar("Found")

# Keys of a statement; more at once would not cost less each. Who asks for more alone still has one statement.
_MOST: Final = 500

# A statement that takes longer holds up everyone who asks after it.
_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Question(Generic[Key, Found]):
    keys: Sequence[Key]
    answer: asyncio.Future[Mapping[Key, Found]]


class Batches(Generic[Key, Found]):
    """Who asks while a statement is under way waits for the next one, so that no answer is older than its question."""

    def __init__(
        self, find: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Found]]], *, seconds: float = _SECONDS
    ) -> None:
        self._find = find
        self._seconds = seconds
        self._waiting: list[_Question[Key, Found]] = []
        self._under_way: Sequence[_Question[Key, Found]] = ()
        self._asking: asyncio.Task[None] | None = None

    async def load(self, key: Key) -> Found | None:
        """None where nothing was found. Raises what finding raises, and TimeoutError."""
        [found] = await self.load_many([key])
        return found

    async def load_many(self, keys: Iterable[Key]) -> list[Found | None]:
        """In the order of the keys; as `load`, but with the cost of one question."""
        wanted = list(keys)
        if not wanted:
            return []
        question: _Question[Key, Found] = _Question(wanted, asyncio.get_running_loop().create_future())
        question.answer.add_done_callback(self._leave)
        self._waiting.append(question)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        found = await question.answer
        return [found.get(key) for key in wanted]

    async def _ask(self) -> None:
        try:
            while self._waiting:
                self._under_way = [question for question in self._next_batch() if not question.answer.done()]
                if self._under_way:
                    await self._answer(self._under_way)
        finally:
            self._under_way, self._asking = (), None

    def _leave(self, answer: "asyncio.Future[Mapping[Key, Found]]") -> None:
        """Ends a statement that nobody waits for any more."""
        if answer.cancelled() and self._asking and self._under_way and _is_abandoned(self._under_way):
            self._asking.cancel()

    def _next_batch(self) -> Sequence[_Question[Key, Found]]:
        count = keys = 0
        for question in self._waiting:
            keys += len(question.keys)
            if count and keys > _MOST:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _answer(self, batch: Sequence[_Question[Key, Found]]) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._find(list(dict.fromkeys(key for question in batch for key in question.keys)))
        except asyncio.CancelledError:
            if not _is_abandoned(batch):
                raise
            cast("asyncio.Task[None]", asyncio.current_task()).uncancel()
            return
        except Exception as error:  # noqa: BLE001  # each of those who wait is told
            for question in batch:
                if not question.answer.done():
                    question.answer.set_exception(error)
            return
        for question in batch:
            if not question.answer.done():
                question.answer.set_result(found)


def _is_abandoned(batch: Sequence[_Question[Any, Any]]) -> bool:
    return all(question.answer.done() for question in batch)
