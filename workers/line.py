"""Who in this process waits for an exchange: only the first asks Redis, so a crowd costs no more than one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count


@dataclass(order=True, slots=True)
class Place:
    """A place in the line: more urgent ones first, then as they came."""

    rank: int
    number: int
    is_first: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Line:
    """The waiters for one exchange, in the order in which they are served."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._numbers = count()

    @contextmanager
    def place(self, rank: int) -> Iterator[Place]:
        """A place for the time of the block; whoever had to step back for it is told when it is given up."""
        own = Place(rank, next(self._numbers))
        heappush(self._places, own)
        self._tell()
        try:
            yield own
        finally:
            self._leave(own)

    def _leave(self, own: Place) -> None:
        if self._places[0] is own:
            heappop(self._places)
        else:
            self._places.remove(own)
            heapify(self._places)
        self._tell()

    def _tell(self) -> None:
        for place in self._places[1:]:
            place.is_first.clear()
        if self._places:
            self._places[0].is_first.set()
