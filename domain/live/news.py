"""What followers are told, and the place where it waits for them."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

Content = TypeVar("Content")

# News that may wait for one follower: more than a slow reader catches up with.
MAX_WAITING: Final = 256


class TooSlowError(Exception):
    """A follower did not take its news in time; it should begin anew."""


@dataclass(frozen=True, slots=True, eq=False)
class News(Generic[Content]):
    """The same object for all of its followers; `worked_out` is where they keep what they make of it together."""

    content: Content
    worked_out: dict[Hashable, Any] = field(default_factory=dict)


class Mailbox(Generic[Content]):
    """Of one follower. It holds little: who does not empty it is dropped."""

    def __init__(self) -> None:
        self._waiting: deque[News[Content] | None] = deque()
        self._arrival = asyncio.Event()
        self._is_too_slow = False

    def put(self, news: News[Content] | None) -> None:
        """None is the last there will be."""
        if len(self._waiting) >= MAX_WAITING:
            self.drop()
        if not self._is_too_slow:
            self._waiting.append(news)
        self._arrival.set()

    def drop(self) -> None:
        """The follower has missed something."""
        self._waiting.clear()
        self._is_too_slow = True
        self._arrival.set()

    async def get(self) -> News[Content] | None:
        """The next one; TooSlowError."""
        while not self._waiting and not self._is_too_slow:
            self._arrival.clear()
            await self._arrival.wait()
        if self._is_too_slow:
            raise TooSlowError
        return self._waiting.popleft()
