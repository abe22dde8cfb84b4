"""Finding the earliest candle that an exchange serves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.candle_source import Effort
from domain.clock import EPOCH, MILLISECOND, instant
from domain.interval import Interval, interval
from domain.timerange import TimeRange
from workers.dialects import Absence
from workers.evidence import Answer, refuse_overshoot
from workers.rows import BadPageError
from workers.wire import Wire

# Long enough that a page of them outlasts every outage, and short enough that every exchange serves one.
_SEARCH_INTERVALS: Final = ("1d", "12h", "6h", "4h", "1h")

# Slots that pass at most while a request for the oldest ones waits for its turn.
_HORIZON_MARGIN: Final = 2


def horizon(wire: Wire, step: Interval) -> datetime:
    """What opens earlier, the exchange refuses to tell of."""
    slots = wire.dialect.horizon
    return step.shift(wire.clock.theirs(), _HORIZON_MARGIN - slots) if slots else EPOCH


@dataclass(frozen=True, slots=True)
class ListingSearch:
    """Believes in an earliest candle only when the exchange, asked once more, has it and nothing before it.

    Raises what the wire raises, and BadPageError where two answers contradict each other.
    """

    wire: Wire
    symbol: str
    interval: Interval
    effort: Effort

    async def earliest(self) -> datetime | None:
        """Open time of the earliest candle; None where the exchange serves none."""
        match self.wire.dialect.absence:
            case Absence.SKIPS_AHEAD:
                return await self._first_after_epoch()
            case Absence.NEWEST_ONLY:
                return await self._first(since=None, limit=None)
            case Absence.EMPTY | Absence.UNKNOWN:
                long = self._search_interval()
                start = await self._first_long_candle(long)
                return await self._first_from(start) if start else None

    async def _first(self, **window: Any) -> datetime | None:
        rows = await self.wire.candles(self.symbol, self.interval, self.effort, **window)
        return instant(rows[0][0]) if rows else None

    async def _first_after_epoch(self) -> datetime | None:
        first = await self._first(since=EPOCH, limit=1)
        if first and await self._first(since=EPOCH, limit=1, until=first - MILLISECOND):
            raise BadPageError("it has candles before the first one that it told of")
        return first

    async def _first_long_candle(self, long: Interval) -> datetime | None:
        """Walks back through long candles until a whole page of them is missing: no outage lasts that long."""
        oldest = horizon(self.wire, self.interval)
        earliest, end = None, long.next(self.wire.clock())
        while end > oldest:
            start = max(oldest, long.shift(end, -self.wire.dialect.page_limit))
            found = await self._first_in(long, TimeRange(start, end))
            if found is None:
                break
            earliest, end = found, start
        return max(await self._confirmed(long, earliest), oldest) if earliest else None

    def _search_interval(self) -> Interval:
        served = (interval(text) for text in _SEARCH_INTERVALS if text in self.wire.intervals)
        return next((step for step in served if self.interval.divides(step)), self.interval)

    async def _first_from(self, start: datetime) -> datetime | None:
        while start < self.wire.clock():
            end = self.interval.shift(start, self.wire.dialect.page_limit)
            if found := await self._first_in(self.interval, TimeRange(start, end)):
                return await self._confirmed(self.interval, found)
            start = end
        return None

    async def _confirmed(self, step: Interval, first: datetime) -> datetime:
        """What asks for the candle and for those before it at once tells silence from an exchange out of order."""
        start = max(horizon(self.wire, self.interval), step.shift(first, 1 - self.wire.dialect.page_limit))
        if start < first and await self._first_in(step, TimeRange(start, step.next(first))) != first:
            raise BadPageError("it has told of another earliest candle before")
        return first

    async def _first_in(self, step: Interval, window: TimeRange) -> datetime | None:
        start = step.floor(window.start)
        limit = step.slots_between(start, window.end)
        rows = await self.wire.candles(self.symbol, step, self.effort, since=start, limit=limit)
        most = self.wire.dialect.page_limit
        answer = Answer(TimeRange(start, window.end), rows, most, limit, self.wire.clock.answered_at)
        if self.wire.dialect.absence is Absence.EMPTY:
            refuse_overshoot(answer, step)
        return instant(answer.inside[0][0]) if answer.inside else None
