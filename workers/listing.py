"""Finding the earliest candle that an exchange serves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.clock import instant
from domain.interval import EPOCH, Interval, interval
from domain.source import Effort
from domain.timerange import TimeRange
from workers.dialects import Absence
from workers.evidence import Answer
from workers.wire import Wire

# Long enough that a page of them outlasts every outage, and short enough that every exchange serves one.
_SEARCH_INTERVALS: Final = ("1d", "12h", "6h", "4h", "1h")


@dataclass(frozen=True, slots=True)
class ListingSearch:
    """Raises what the wire raises."""

    wire: Wire
    symbol: str
    interval: Interval
    effort: Effort

    async def earliest(self, now: datetime) -> datetime | None:
        """Open time of the earliest candle; None where the exchange serves none."""
        match self.wire.dialect.absence:
            case Absence.SKIPS_AHEAD:
                return await self._first_after_epoch(limit=1)
            case Absence.NEWEST_ONLY:
                return await self._first_after_epoch(limit=None)
            case Absence.EMPTY:
                start = await self._first_long_candle(now)
                return await self._first_from(start, now) if start else None

    async def _first_after_epoch(self, *, limit: int | None) -> datetime | None:
        rows = await self.wire.candles(self.symbol, self.interval, self.effort, since=EPOCH, limit=limit)
        return instant(rows[0][0]) if rows else None

    async def _first_long_candle(self, now: datetime) -> datetime | None:
        """Walks back through long candles until a whole page of them is missing: no outage lasts that long."""
        long = self._search_interval()
        horizon = self._horizon(now)
        earliest, end = None, long.next(now)
        while end > horizon:
            start = max(horizon, long.shift(end, -self.wire.dialect.page_limit))
            found = await self._first_in(long, TimeRange(start, end))
            if found is None:
                break
            earliest, end = found, start
        return max(earliest, horizon) if earliest else None

    def _search_interval(self) -> Interval:
        served = (interval(text) for text in _SEARCH_INTERVALS if text in self.wire.intervals)
        return next((step for step in served if self.interval.divides(step)), self.interval)

    def _horizon(self, now: datetime) -> datetime:
        slots = self.wire.dialect.horizon
        return self.interval.shift(now, 1 - slots) if slots else EPOCH

    async def _first_from(self, start: datetime, now: datetime) -> datetime | None:
        while start < now:
            end = self.interval.shift(start, self.wire.dialect.page_limit)
            if found := await self._first_in(self.interval, TimeRange(start, end)):
                return found
            start = end
        return None

    async def _first_in(self, step: Interval, window: TimeRange) -> datetime | None:
        limit = step.slots_between(window.start, window.end)
        rows = await self.wire.candles(self.symbol, step, self.effort, since=step.floor(window.start), limit=limit)
        inside = Answer(window, rows, limit, window.end).inside
        return instant(inside[0][0]) if inside else None
