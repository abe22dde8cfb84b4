"""Long lists of candles, read a stretch at a time: nothing is held between two, so that a list may take its time."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from domain.history import Source
from domain.storage import stretches
from domain.storage.stretches import Stretch
from domain.storage.template import Template
from domain.timerange import TimeRange

# Stored candles that one statement reads: some 10 ms, and 0.5 MB of text, of which a process has several copies. With
# half of it the statements' own cost shows; four times as many are 5% faster, and take 15 to 20 MB more.
STRETCH_CANDLES: Final = 5_000

_RESOLUTION: Final = timedelta(microseconds=1)  # of PostgreSQL's instants

Read: TypeAlias = Callable[["Part"], Awaitable[Stretch]]


@dataclass(frozen=True, slots=True)
class Part:
    """The oldest candles of a range, at most `limit`, as `line` says."""

    source: Source
    within: TimeRange
    limit: int
    line: Template

    async def read(self) -> Stretch:
        """NotFoundError for a pair that is gone."""
        source = self.source
        return await stretches.read(source.series.known, source.view, self.within, self.limit, self.line, source.now)

    @property
    def most(self) -> int:
        """How many candles it can have."""
        return min(self.limit, -((self.within.start - self.within.end) // self.source.view.step.length))


async def parts(
    source: Source, within: TimeRange, most: int | None, line: Template, read: Read
) -> AsyncGenerator[Stretch, None]:
    """The first candles of a range, at most `most`, oldest first; `read` reads each part when its turn comes.

    Each candle comes once. What is stored behind the reader meanwhile does not come.
    """
    left, at_once = most, _at_once(source)
    while left is None or left:
        part = Part(source, within, at_once if left is None else min(at_once, left), line)
        stretch = await read(part)
        yield stretch
        if stretch.last is None or stretch.count < part.limit:
            return
        left = None if left is None else left - stretch.count
        within = TimeRange(stretch.last + _RESOLUTION, within.end)


def _at_once(source: Source) -> int:
    """A coarse candle counts as those that it is made of."""
    return max(1, STRETCH_CANDLES * source.view.stored.seconds // source.view.step.seconds)
