"""What is asked of an exchange, whoever speaks to it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from domain.candle import Page
from domain.interval import Interval
from domain.storage.listings import Listing
from domain.timerange import TimeRange


class Priority(IntEnum):
    """Who goes first where the exchange's budget is short."""

    FORWARD = 0
    REPAIR = 1
    BACKFILL = 2


@dataclass(slots=True)
class Effort:
    """What asking cost so far: seconds spent waiting for the budget and answers that had to be asked for again."""

    priority: Priority
    waited_seconds: float = 0.0
    retries: int = 0
    _clocks: list[Callable[[], float]] = field(default_factory=list)
    _counted_until: float = 0.0

    @contextmanager
    def waiting(self, seconds: Callable[[], float]) -> Iterator[None]:
        """Adds the block's time, once for blocks side by side; `seconds` reads a clock that never goes back."""
        if not self._clocks:
            self._counted_until = seconds()
        self._clocks.append(seconds)
        try:
            yield
        finally:
            self._count()
            self._clocks.pop()

    def _count(self) -> None:
        """Adds the waiting that goes on up to now."""
        if self._clocks:
            now = self._clocks[0]()
            self.waited_seconds += now - self._counted_until
            self._counted_until = now

    def drain(self) -> tuple[int, float]:
        """Retries and seconds waited since this was last asked."""
        self._count()
        spent = self.retries, self.waited_seconds
        self.retries, self.waited_seconds = 0, 0.0
        return spent


class SourceError(Exception):
    """The exchange could not be asked, or what it answered cannot be used. The message is for people."""

    def __init__(self, code: str, message: str, *, is_transient: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_transient = is_transient
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class MarketList:
    """What an exchange lists and at which intervals it serves candles."""

    listings: Sequence[Listing] = field(repr=False)
    intervals: Sequence[str]


class CandleSource(Protocol):
    """An exchange. Every method raises SourceError and nothing else that can be foreseen."""

    def now(self) -> datetime:
        """The exchange's time as far as its answers tell it, never later than ours."""

    @property
    def page_limit(self) -> int:
        """Slots that one request answers."""

    async def check(self, symbol: str, interval: Interval, effort: Effort) -> None:
        """Raises a permanent SourceError unless the exchange lists the symbol and serves the interval."""

    async def page(self, symbol: str, interval: Interval, window: TimeRange, effort: Effort) -> Page:
        """Closed candles of a window of at most `page_limit` slots, and what the answer is evidence for."""

    async def listed_at(self, symbol: str, interval: Interval, effort: Effort) -> datetime | None:
        """Open time of the earliest candle that the exchange serves; None where it serves none."""

    async def markets(self, effort: Effort) -> MarketList:
        """The market list as it is now."""
