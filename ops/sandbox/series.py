"""What an exchange knows about its market, before any dialect puts it into words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.candle import Row
from domain.clock import instant, milliseconds
from domain.interval import Interval


def closing_ms(opens_ms: int, interval: Interval) -> int:
    """The first millisecond after a row, also after one that opens off the grid."""
    if interval.months is None:
        return opens_ms + interval.seconds * 1_000
    return milliseconds(interval.next(instant(opens_ms)))


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
