"""Pages must be earned: what an exchange's answer proves about the window it was asked for."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from domain.candle import Page, Row
from domain.clock import instant, milliseconds
from domain.interval import Interval
from domain.timerange import TimeRange
from workers.dialects import Absence
from workers.rows import BadPageError

# A candle that closed this recently may not have reached the exchange's history yet.
FRESH: Final = timedelta(minutes=2)

# A page of at least so many solid rows that stops so many slots short of its window looks cut off by a limit that we do
# not know; no exchange's limit is lower.
_CUT_ROWS: Final = 50
_CUT_SLOTS: Final = 10


@dataclass(frozen=True)
class Answer:
    """What came back for a window: every row that was sent, checked; `limit` is how many the exchange sends at most.

    `asked` is how many were asked for: a slot may hold two, one of them off the grid.
    `now` is the earlier of our clock and the exchange's when it was made.
    """

    window: TimeRange
    sent: Sequence[Row]
    limit: int
    asked: int
    now: datetime

    @cached_property
    def rows(self) -> Sequence[Row]:
        """From the window's start on, possibly past its end."""
        return self.sent[bisect_left(self.sent, (milliseconds(self.window.start),)) :]

    @cached_property
    def inside(self) -> Sequence[Row]:
        return self.rows[: bisect_left(self.rows, (milliseconds(self.window.end),))]

    @property
    def is_full(self) -> bool:
        return len(self.sent) >= self.asked

    @property
    def reaches_past(self) -> bool:
        return len(self.rows) > len(self.inside)

    @property
    def skipped(self) -> TimeRange:
        """From the window's start to the first row."""
        return TimeRange(self.window.start, instant(self.rows[0][0]))

    def may_be_misplaced(self, interval: Interval, absence: Absence) -> bool:
        """Whether the exchange may have sent its newest rows instead of those from the window's start on."""
        if not self.rows or instant(self.rows[0][0]) <= self.window.start:
            return False
        last = instant(self.rows[-1][0])
        match absence:
            case Absence.SKIPS_AHEAD:
                return not self.inside or last >= interval.shift(self.now, -1)
            case Absence.EMPTY:
                return last > self.window.end
            case Absence.UNKNOWN:
                return not self.inside
            case Absence.NEWEST_ONLY:
                return False

    @property
    def begins_late(self) -> bool:
        """Whether the first row leaves open if that is all there is, or if nothing was traded before it."""
        return bool(self.sent) and instant(self.sent[0][0]) > self.window.start

    def lacks_candles(self, interval: Interval) -> bool:
        """Whether there is nothing from the window's start on, where something could be."""
        return not self.rows and self.window.start < _ripe_until(self, interval)


def proven(answer: Answer, interval: Interval, absence: Absence) -> Page:
    """The page that the answer earns; BadPageError where it contradicts how the exchange answers."""
    forming_from = _forming_from(answer, interval)
    page = _proven(answer, interval, absence)
    earned = page.earned and page.earned.until(forming_from)
    rows = page.rows[: bisect_left(page.rows, (milliseconds(forming_from),))]
    return replace(page, rows=rows, earned=earned, ripe_until=min(page.ripe_until, forming_from))


def _forming_from(answer: Answer, interval: Interval) -> datetime:
    """Open time of the first slot that may still change: a candle that opened off the grid closes after its slot."""
    closed = interval.floor(answer.now)
    suspects = answer.inside[bisect_left(answer.inside, (milliseconds(answer.now - interval.length),)) :]
    late = (at for at in (instant(row[0]) for row in suspects) if at != interval.floor(at))
    forming = (interval.floor(at) for at in late if at + interval.length > answer.now)
    return min(closed, next(forming, closed))


def _proven(answer: Answer, interval: Interval, absence: Absence) -> Page:
    match absence:
        case Absence.SKIPS_AHEAD:
            return _skipping(answer, interval)
        case Absence.NEWEST_ONLY:
            return _newest_only(answer, interval)
        case Absence.EMPTY:
            refuse_overshoot(answer, interval)
            return _windowed(answer, interval)
        case Absence.UNKNOWN:
            return _windowed(answer, interval)


def _skipping(answer: Answer, interval: Interval) -> Page:
    ripe_until = _ripe_until(answer, interval)
    if not answer.sent:
        return Page([], None, ripe_until)
    return Page(answer.inside, TimeRange.of(answer.window.start, _answered_until(answer, interval)), ripe_until)


def _newest_only(answer: Answer, interval: Interval) -> Page:
    if not answer.sent:
        raise BadPageError("the answer lacks the newest candles, which this exchange always sends")
    first, until = instant(answer.sent[0][0]), _answered_until(answer, interval)
    ripe_until = _ripe_until(answer, interval)
    if first <= answer.window.start:
        return Page(answer.inside, TimeRange.of(answer.window.start, until), ripe_until)
    return Page(answer.inside, TimeRange.of(first, until), ripe_until, listed_at=first)


def refuse_overshoot(answer: Answer, interval: Interval) -> None:
    """No page of an exchange that answers about a window alone has candles from beyond what a page holds."""
    if answer.sent and instant(answer.sent[-1][0]) > interval.shift(answer.window.start, answer.limit):
        raise BadPageError("the answer is about another time than the one asked for")


def _windowed(answer: Answer, interval: Interval) -> Page:
    earned = TimeRange.of(_answered_from(answer), _answered_until(answer, interval))
    return Page(answer.inside, earned, _ripe_until(answer, interval), is_silent=not answer.inside)


def _answered_from(answer: Answer) -> datetime:
    """A full answer may have lost its oldest rows."""
    if answer.is_full and answer.begins_late and answer.inside:
        return instant(answer.inside[0][0])
    return answer.window.start


def _ripe_until(answer: Answer, interval: Interval) -> datetime:
    return interval.floor(answer.now - FRESH)


def _answered_until(answer: Answer, interval: Interval) -> datetime:
    """A full answer ends with its last row; one with room left also tells that nothing followed."""
    end = answer.window.end
    if answer.reaches_past:
        return end
    last_end = min(_end_of_rows(answer, interval), end)
    if answer.inside and (answer.is_full or _is_cut(answer, interval)):
        return last_end
    return max(last_end, min(end, _ripe_until(answer, interval)))


def _end_of_rows(answer: Answer, interval: Interval) -> datetime:
    return interval.next(instant(answer.inside[-1][0])) if answer.inside else answer.window.start


def _is_cut(answer: Answer, interval: Interval) -> bool:
    if len(answer.inside) < _CUT_ROWS:
        return False
    last_end = _end_of_rows(answer, interval)
    is_solid = interval.slots_between(answer.window.start, last_end) == len(answer.inside)
    return is_solid and interval.slots_between(last_end, answer.window.end) >= _CUT_SLOTS
