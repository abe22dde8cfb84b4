"""Reading candles: which series answers and how, and a page of it."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import NotFoundError
from domain.interval import Interval, interval
from domain.models import Pair
from domain.paging import Page, Reading
from domain.source_interval import source_interval
from domain.storage import pairs, views
from domain.timerange import TimeRange
from domain.view import View, ViewedCandle


@dataclass(frozen=True, slots=True)
class Source:
    """The pair whose candles answer, how they are shown, and what counts as the present."""

    pair: Pair
    view: View
    now: datetime

    async def read(self, reading: Reading) -> Page[ViewedCandle]:
        """BadInputError where the page cannot hold what was asked for."""
        if reading.window is None:
            return reading.page([])
        limit = reading.limit + 1
        found = views.read(
            self.pair.series, self.view, reading.window, limit, is_newest=reading.is_newest, now=self.now
        )
        return reading.page(await found)

    async def neighbours(self, page: Page[ViewedCandle]) -> tuple[bool, bool]:
        """Whether there is a previous and a next page."""
        earlier, later = page.unsettled
        has_earlier, has_later = await views.exist(self.pair.series, self.view, earlier, later, now=self.now)
        return page.neighbours(earlier=has_earlier, later=has_later)

    async def count(self, within: TimeRange) -> int:
        return await views.count(self.pair.series, self.view, within, now=self.now)


async def source(exchange: str, symbol: str, asked: Interval, *, is_filled: bool, now: datetime) -> Source:
    """NotFoundError where nothing of the symbol is kept, BadInputError where nothing kept divides the interval."""
    pair = await pairs.find(exchange, symbol, asked.text) or await _resampled(exchange, symbol, asked)
    return Source(pair, View(asked, interval(pair.timeframe.interval), is_filled), now)


async def _resampled(exchange: str, symbol: str, asked: Interval) -> Pair:
    stored = {interval(pair.timeframe.interval): pair for pair in await pairs.siblings(exchange, symbol)}
    if not stored:
        raise NotFoundError("Nothing is collected under this exchange and symbol; the query pairs lists what is.")
    return stored[source_interval(asked, stored)]


async def source_of(pair: Pair, asked: Interval | None, *, is_filled: bool, now: datetime) -> Source:
    """For a pair's own candles, or those of its symbol at another interval; BadInputError as for `source`."""
    own = interval(pair.timeframe.interval)
    if asked is None or asked == own:
        return Source(pair, View(own, own, is_filled), now)
    return await source(pair.exchange.name, pair.symbol, asked, is_filled=is_filled, now=now)
