"""Which candles a page holds: from what a client asks to what has to be read, and back. Knows no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from domain.clock import BEGINNING_OF_TIME, END_OF_TIME, MICROSECOND
from domain.errors import BadInputError
from domain.interval import Interval
from domain.timerange import TimeRange

# Candles of a page when the client says neither how many nor from when.
DEFAULT_CANDLES: Final = 500

_PAGING_HINT: Final = "ask for `first: N` and go on with `after: endCursor`, or narrow from and to."

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a client asks for; `after` and `before` are the open times that its cursors stand for. None is absent."""

    start: datetime | None = None
    end: datetime | None = None
    first: int | None = None
    after: datetime | None = None
    last: int | None = None
    before: datetime | None = None

    @property
    def asked(self) -> TimeRange:
        """The range that the list is about; empty where its ends meet."""
        return TimeRange(self.start or BEGINNING_OF_TIME, self.end or END_OF_TIME)

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """Of what cursors leave of that range, which may be nothing."""
        start, end = self.asked.start, self.asked.end
        return (
            max(start, self.after + MICROSECOND) if self.after else start,
            min(end, self.before) if self.before else end,
        )

    @property
    def window(self) -> TimeRange | None:
        return TimeRange.of(*self.ends)

    def check(self, max_page: int | None = None) -> None:
        """BadInputError where the request contradicts itself, or asks for more than a page where there are pages."""
        if self.first is not None and self.last is not None:
            raise BadInputError("first and last cannot go together: one counts from the start, the other from the end.")
        check_count("first", self.first, max_page)
        check_count("last", self.last, max_page)
        check_order(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read for a page: of `window`, the first or the newest `limit` candles, and one more to see if there is.

    `earlier` and `later` are the parts of the list before and beyond the window. `must_fit` tells that the client set
    no limit, so that a page that cannot hold the whole window is no answer.
    """

    window: TimeRange | None
    limit: int
    is_newest: bool
    earlier: TimeRange | None
    later: TimeRange | None
    must_fit: bool = False

    def may_exceed(self, step: Interval) -> bool:
        """Whether the window has to fit, and has room for more candles than a page."""
        if self.window is None or not self.must_fit:
            return False
        # Months are shorter than they are long by name.
        return step.months is not None or (self.window.end - self.window.start) // step.length >= self.limit

    def check(self, *, has_more: bool) -> None:
        """BadInputError where the page cannot hold what was asked for."""
        if has_more and self.must_fit:
            raise BadInputError(f"This range holds more than {self.limit} candles, a page; {_PAGING_HINT}")

    def page(self, rows: Sequence[Row]) -> "Page[Row]":
        """The page out of what was read, oldest first; BadInputError where it cannot hold what was asked for."""
        has_more = len(rows) > self.limit
        self.check(has_more=has_more)
        kept = rows[len(rows) - min(self.limit, len(rows)) :] if self.is_newest else rows[: self.limit]
        return Page(self, list(kept), has_more=has_more)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, oldest first, and whether the window holds more: earlier ones when it was read from its end."""

    reading: Reading
    rows: list[Row]
    has_more: bool

    @property
    def unsettled(self) -> tuple[TimeRange | None, TimeRange | None]:
        """The earlier and the later part of the list in which a candle would show that another page is there."""
        is_newest = self.reading.is_newest
        earlier = None if self.has_more and is_newest else self.reading.earlier
        later = None if self.has_more and not is_newest else self.reading.later
        return earlier, later

    def neighbours(self, *, earlier: bool, later: bool) -> tuple[bool, bool]:
        """Whether there is a previous and a next page, given whether the unsettled parts hold a candle."""
        is_newest = self.reading.is_newest
        return earlier or (self.has_more and is_newest), later or (self.has_more and not is_newest)


def plan(request: PageRequest, max_page: int) -> Reading:
    """BadInputError where the request contradicts itself or asks for more than a page."""
    request.check(max_page)
    return _reading(request, max_page)


def plan_series(start: datetime | None, end: datetime | None, limit: int | None, max_page: int) -> Reading:
    """The first `limit` candles from a start, else the newest; BadInputError as for `plan`."""
    check_count("limit", limit, max_page)
    count = min(DEFAULT_CANDLES, max_page) if limit is None else limit
    request = PageRequest(start, end, last=count) if start is None else PageRequest(start, end, first=count)
    return plan(request, max_page)


def check_count(name: str, count: int | None, max_page: int | None) -> None:
    if count is None:
        return
    if count < 0:
        raise BadInputError(f"{name} must not be negative.")
    if max_page is not None and count > max_page:
        raise BadInputError(f"{name} is more than a page of {max_page} candles; {_PAGING_HINT}")


def check_order(start: datetime | None, end: datetime | None) -> None:
    if start and end and start > end:
        raise BadInputError("from must not lie after to.")


def _reading(request: PageRequest, max_page: int) -> Reading:
    asked = request.asked
    start, end = request.ends
    is_uncounted = request.first is None and request.last is None
    return Reading(
        window=request.window,
        limit=_limit(request, max_page),
        is_newest=request.last is not None or (is_uncounted and request.start is None),
        earlier=TimeRange.of(asked.start, min(start, asked.end)),
        later=TimeRange.of(max(end, asked.start), asked.end),
        must_fit=is_uncounted and request.start is not None,
    )


def _limit(request: PageRequest, max_page: int) -> int:
    for count in (request.first, request.last):
        if count is not None:
            return count
    return max_page if request.start else min(DEFAULT_CANDLES, max_page)
