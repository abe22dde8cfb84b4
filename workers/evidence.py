"""Pages must be earned: what an exchange's answer proves about the window it was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.candle import Page, Row
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a window: checked rows from its start on, possibly past its end.

    `sent` is how many rows were on the wire, `limit` how many were asked for.
    """

    window: TimeRange
    rows: Sequence[Row]
    sent: int
    limit: int
    now: datetime

    @property
    def inside(self) -> list[Row]:
        return [row for row in self.rows if row[0] < self.window.end]

    @property
    def reaches_past(self) -> bool:
        return bool(self.rows) and self.rows[-1][0] >= self.window.end


def proven(answer: Answer, interval: Interval, absence: Absence) -> Page:
    """The page that the answer earns; BadPageError where it contradicts how the exchange answers."""
    match absence:
        case Absence.SKIPS_AHEAD:
            return _skipping(answer, interval)
        case Absence.NEWEST_ONLY:
            return _newest_only(answer, interval)
        case Absence.EMPTY:
            return _windowed(answer, interval)


def _skipping(answer: Answer, interval: Interval) -> Page:
    if not answer.rows:
        return Page([], None)
    return Page(answer.inside, TimeRange.of(answer.window.start, _answered_until(answer, interval)))


def _newest_only(answer: Answer, interval: Interval) -> Page:
    if not answer.rows:
        raise BadPageError("the answer lacks the newest candles, which this exchange always sends")
    first, until = answer.rows[0][0], _answered_until(answer, interval)
    if first <= answer.window.start or answer.sent > len(answer.rows):
        return Page(answer.inside, TimeRange.of(answer.window.start, until))
    return Page(answer.inside, TimeRange.of(first, until), listed_at=first)


def _windowed(answer: Answer, interval: Interval) -> Page:
    inside = answer.inside
    if not inside and answer.sent:
        raise BadPageError("the answer is about another time than the one asked for")
    if inside:
        return Page(inside, TimeRange.of(answer.window.start, _answered_until(answer, interval)))
    return Page([], TimeRange.of(answer.window.start, min(answer.window.end, interval.floor(answer.now - FRESH))))


def _answered_until(answer: Answer, interval: Interval) -> datetime:
    """A full answer ends with its last row; one with room left also tells that nothing followed."""
    if answer.reaches_past:
        return answer.window.end
    last_end = min(interval.next(answer.rows[-1][0]), answer.window.end)
    if len(answer.rows) >= answer.limit or _is_cut(answer, interval):
        return last_end
    return max(last_end, min(answer.window.end, interval.floor(answer.now - FRESH)))


def _is_cut(answer: Answer, interval: Interval) -> bool:
    inside = answer.inside
    if answer.reaches_past or len(inside) < _CUT_ROWS:
        return False
    last_end = interval.next(inside[-1][0])
    is_solid = interval.slots_between(answer.window.start, last_end) == len(inside)
    return is_solid and interval.slots_between(last_end, answer.window.end) >= _CUT_SLOTS
