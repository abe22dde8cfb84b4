"""The way through what is missing, a window at a time."""

from collections.abc import Iterable
from datetime import datetime

from domain.interval import Interval
from domain.timerange import TimeRange


class Walk:
    """Hands out windows of at most `limit` slots, several at a time, and takes back what was not settled."""

    def __init__(self, ranges: Iterable[TimeRange], interval: Interval, *, limit: int, goes_back: bool) -> None:
        self._waiting = _sorted(ranges)
        self._out: list[TimeRange] = []
        self._interval = interval
        self._limit = limit
        self._goes_back = goes_back

    @property
    def seconds_left(self) -> int:
        return sum(item.seconds for item in (*self._waiting, *self._out))

    @property
    def is_done(self) -> bool:
        return not self._waiting and not self._out

    @property
    def frontier(self) -> datetime | None:
        """The instant up to which, or down to which, everything is settled; None when all is."""
        rest = _sorted([*self._waiting, *self._out])
        if not rest:
            return None
        return max(item.end for item in rest) if self._goes_back else rest[0].start

    def take(self) -> TimeRange | None:
        """The next window to ask for; None when nothing is left to hand out."""
        if not self._waiting:
            return None
        window = self._newest_window() if self._goes_back else self._oldest_window()
        self._waiting = [part for item in self._waiting for part in item.without(window)]
        self._out.append(window)
        return window

    def _newest_window(self) -> TimeRange:
        last = self._waiting[-1]
        start = self._interval.shift(self._interval.ceil(last.end), -self._limit)
        return TimeRange(max(last.start, start), last.end)

    def _oldest_window(self) -> TimeRange:
        first = self._waiting[0]
        return TimeRange(first.start, min(first.end, self._interval.shift(first.start, self._limit)))

    def settle(self, window: TimeRange, settled: TimeRange) -> None:
        """Takes a window back; what was not settled of it will be handed out again."""
        self._out.remove(window)
        self._waiting = _sorted([*self._waiting, *window.without(settled)])

    def drop_before(self, at: datetime) -> None:
        """Forgets everything earlier that is not handed out: there is nothing to be had."""
        parts = [TimeRange.of(max(item.start, at), item.end) for item in self._waiting]
        self._waiting = [part for part in parts if part]


def _sorted(ranges: Iterable[TimeRange]) -> list[TimeRange]:
    return sorted(ranges, key=lambda item: item.start)
