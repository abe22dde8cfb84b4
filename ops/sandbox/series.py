"""What an exchange knows about its market, before any dialect puts it into words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.interval import EPOCH, Interval

Row = tuple[int, str, str, str, str, str]
"""Open time in milliseconds, open, high, low, close and volume, the numbers as exact decimal text."""

Clock = Callable[[], datetime]

END_OF_TIME_MS: Final = 253_402_300_800_000  # the year 10000, past what a datetime holds

_MILLISECOND: Final = timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // _MILLISECOND


def closing_ms(opens_ms: int, interval: Interval) -> int:
    """The first millisecond after a row, also after one that opens off the grid."""
    if interval.months is None:
        return opens_ms + interval.seconds * 1_000
    return milliseconds(interval.next(EPOCH + opens_ms * _MILLISECOND))


@dataclass(frozen=True)
class Symbol:
    base: str
    quote: str
    is_active: bool = True

    @property
    def name(self) -> str:
        """CCXT's unified name, for example BTC/USDT."""
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True)
class Window:
    """Rows that open in [start_ms, end_ms): the oldest `limit` of them, or the newest."""

    symbol: str
    interval: Interval
    start_ms: int
    end_ms: int
    limit: int
    newest: bool = False


class MarketData(Protocol):
    def now(self) -> datetime:
        """What the exchange's clock shows."""

    def symbols(self) -> Sequence[Symbol]:
        """What the exchange lists, in a fixed order."""

    def rows(self, window: Window) -> Sequence[Row]:
        """Rows in ascending order; the last may be the still-open one, none opens after now."""
