"""The way through what is missing, a window at a time."""

from collections.abc import Iterable
from datetime import datetime

from domain.interval import Interval
from domain.timerange import TimeRange


class Walk:
    """Hands out windows of at most `limit` slots, several at a time, and takes back what was not settled."""

    def __init__(self, ranges: Iterable[TimeRange], interval: Interval, *, limit: int, goes_back: bool) -> None:
        self._waiting = _sorted(ranges)
        self._out: dict[TimeRange, list[TimeRange]] = {}
        self._interval = interval
        self._limit = limit
        self._goes_back = goes_back

    @property
    def seconds_left(self) -> int:
        return sum(item.seconds for item in self._missing())

    @property
    def is_done(self) -> bool:
        return not self._waiting and not self._out

    @property
    def frontier(self) -> datetime | None:
        """The instant up to which, or down to which, everything is settled; None when all is."""
        rest = _sorted(self._missing())
        if not rest:
            return None
        return max(item.end for item in rest) if self._goes_back else rest[0].start

    def _missing(self) -> list[TimeRange]:
        return [*self._waiting, *(part for parts in self._out.values() for part in parts)]

    def take(self) -> TimeRange | None:
        """The next window to ask for, with as many missing parts as it holds; None when nothing is left to hand out."""
        if not self._waiting:
            return None
        page = self._newest_page() if self._goes_back else self._oldest_page()
        parts = [part for item in self._waiting if (part := item.overlap(page))]
        window = TimeRange(parts[0].start, parts[-1].end)
        self._waiting = [part for item in self._waiting for part in item.without(window)]
        self._out[window] = parts
        return window

    def _newest_page(self) -> TimeRange:
        end = self._waiting[-1].end
        return TimeRange(self._interval.shift(self._interval.ceil(end), -self._limit), end)

    def _oldest_page(self) -> TimeRange:
        start = self._waiting[0].start
        return TimeRange(start, self._interval.shift(start, self._limit))

    def settle(self, window: TimeRange, settled: TimeRange) -> list[TimeRange]:
        """Takes a window back; what was settled of its missing parts. The rest of them will be handed out again."""
        parts = self._out.pop(window)
        rest = [piece for part in parts for piece in part.without(settled)]
        self._waiting = _sorted([*self._waiting, *rest])
        return [piece for part in parts if (piece := part.overlap(settled))]

    def drop_before(self, at: datetime) -> None:
        """Forgets everything earlier that is not handed out: there is nothing to be had."""
        parts = [TimeRange.of(max(item.start, at), item.end) for item in self._waiting]
        self._waiting = [part for part in parts if part]


def _sorted(ranges: Iterable[TimeRange]) -> list[TimeRange]:
    return sorted(ranges, key=lambda item: item.start)
