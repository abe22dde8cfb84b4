"""Long lists of candles, read a stretch at a time: nothing is held between two, so that a list may take its time."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from domain.clock import MICROSECOND
from domain.history import Source
from domain.paging import PageRequest
from domain.storage import stretches
from domain.storage.stretches import Reach, Stretch
from domain.storage.template import Template
from domain.timerange import TimeRange

# Stored candles that one statement reads: some 10 ms, and 0.5 MB of text, of which a process has several copies. With
# half of it the statements' own cost shows; four times as many are 5% faster, and take 15 to 20 MB more.
STRETCH_CANDLES: Final = 5_000

# Candles among which one statement looks for the place where the newest begin: some 10 ms.
_SEARCH_STRETCHES: Final = 10

Found_co = TypeVar("Found_co", covariant=True)


class Part(Protocol[Found_co]):
    """What one statement finds out; `cost` is what it costs at most, in the units of queries."""

    @property
    def cost(self) -> int: ...

    async def read(self) -> Found_co:
        """Raises NotFoundError for a pair that is gone."""


class Read(Protocol):
    """Reads a part when its turn has come."""

    async def __call__(self, part: Part[Found_co], /) -> Found_co: ...


@dataclass(frozen=True, slots=True)
class _Oldest:
    """The oldest candles of a range, at most `limit`, as `line` says."""

    source: Source
    within: TimeRange
    limit: int
    line: Template

    @property
    def cost(self) -> int:
        return _most(self.source, self.within, self.limit) * len(self.line.values)

    async def read(self) -> Stretch:
        source = self.source
        return await stretches.read(source.series.known, source.view, self.within, self.limit, self.line, source.now)


@dataclass(frozen=True, slots=True)
class _Newest:
    """Where the newest candles of a range begin, at most `limit`."""

    source: Source
    within: TimeRange
    limit: int

    @property
    def cost(self) -> int:
        return _most(self.source, self.within, self.limit)

    async def read(self) -> Reach:
        source = self.source
        return await stretches.reach(source.series.known, source.view, self.within, self.limit, source.now)


def _most(source: Source, within: TimeRange, limit: int) -> int:
    """How many candles a range can have."""
    return min(limit, -((within.start - within.end) // source.view.step.length))


async def parts(source: Source, page: PageRequest, line: Template, read: Read) -> AsyncGenerator[Stretch, None]:
    """The candles of a page without a bound, oldest first; `read` reads each part when its turn comes.

    Each candle comes once. What is stored behind the reader meanwhile does not come.
    """
    within, left = page.window, page.first
    if within and page.last is not None:
        within, left = await _newest(source, within, page.last, read), page.last
    at_once = _at_once(source)
    while within and (left is None or left):
        limit = at_once if left is None else min(at_once, left)
        stretch = await read(_Oldest(source, within, limit, line))
        yield stretch
        if stretch.last is None or stretch.count < limit:
            return
        left = None if left is None else left - stretch.count
        within = TimeRange.of(stretch.last + MICROSECOND, within.end)


async def _newest(source: Source, within: TimeRange, count: int, read: Read) -> TimeRange | None:
    """The end of a range that holds its newest `count` candles."""
    start, left, at_once = within.end, count, _SEARCH_STRETCHES * _at_once(source)
    while left and (rest := within.until(start)):
        limit = min(at_once, left)
        reach = await read(_Newest(source, rest, limit))
        start, left = reach.first or start, left - reach.count
        if reach.count < limit:
            break
    return TimeRange.of(start, within.end)


def _at_once(source: Source) -> int:
    """A coarse candle counts as those that it is made of."""
    return max(1, STRETCH_CANDLES * source.view.stored.seconds // source.view.step.seconds)
