"""Reading candles: which series answers and how, and a page of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from domain.errors import NotFoundError
from domain.interval import Interval
from domain.paging import Page, Reading
from domain.source_interval import source_interval
from domain.storage import replica, views
from domain.storage.replica import Answer, Question
from domain.storage.series import MarketName, Series
from domain.timerange import TimeRange
from domain.view import View, ViewedCandle

FindSeries: TypeAlias = Callable[[MarketName], Awaitable[Sequence[Series] | None]]


@dataclass(frozen=True, slots=True)
class Source:
    """The series whose candles answer, how they are shown, and what counts as the present."""

    series: Series
    view: View
    now: datetime

    @property
    def is_settled(self) -> bool:
        """Whether the candles look the same for as long as the series has its version, however late it gets."""
        return self.series.covered_until is None or self.series.covered_until <= self.now

    async def read(self, reading: Reading) -> Page[ViewedCandle]:
        """BadInputError where the page cannot hold what was asked for."""
        window = reading.window
        if window is None:
            return reading.page([])
        asked = (self.series.number, self.view, window, reading.limit + 1)
        found = await self._asked(lambda db: views.read(db, *asked, is_newest=reading.is_newest, now=self.now))
        return reading.page(found)

    async def neighbours(self, page: Page[ViewedCandle]) -> tuple[bool, bool]:
        """Whether there is a previous and a next page."""
        earlier, later = page.unsettled
        asked = (self.series.number, self.view, earlier, later)
        has_earlier, has_later = await self._asked(lambda db: views.exist(db, *asked, now=self.now))
        return page.neighbours(earlier=has_earlier, later=has_later)

    async def count(self, within: TimeRange) -> int:
        return await self._asked(lambda db: views.count(db, self.series.number, self.view, within, now=self.now))

    def _asked(self, question: Question[Answer]) -> Awaitable[Answer]:
        return replica.first([self.series.known], question)


async def source(find: FindSeries, market: MarketName, asked: Interval, *, is_filled: bool, now: datetime) -> Source:
    """NotFoundError where nothing of the market is kept, BadInputError where nothing kept divides the interval."""
    kept = await find(market)
    if not kept:
        raise NotFoundError("Nothing is collected under this exchange and symbol; the query pairs lists what is.")
    stored = {series.interval: series for series in kept}
    step = source_interval(asked, stored)
    return Source(stored[step], View(asked, step, is_filled), now)
