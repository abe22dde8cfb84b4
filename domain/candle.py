"""Candles on their way from an exchange to the database: exact text, never floats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from domain.timerange import TimeRange

# Open time in milliseconds since 1970, then open, high, low, close and volume as decimal text, digit for digit what the
# exchange sent. Pages have thousands of them, so times become datetimes only where there are few.
Row: TypeAlias = tuple[int, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Candle:
    """A stored candle; prices and volume as decimal text."""

    timestamp: datetime
    open: str
    high: str
    low: str
    close: str
    volume: str


@dataclass(frozen=True, slots=True)
class Page:
    """An exchange's checked answer about a window.

    `rows` are closed candles inside `earned`, oldest first. `earned` is the part of the window about which the exchange
    is known to have answered; None when it has said nothing about it. From `ripe_until` on candles were forming when it
    answered, or had closed so recently that they may come later. `listed_at` is set when the answer shows that the
    exchange serves nothing earlier. `is_silent` tells that nothing speaks for the page but an empty answer, as
    exchanges also give while they are out of order.
    """

    rows: Sequence[Row]
    earned: TimeRange | None
    ripe_until: datetime
    listed_at: datetime | None = None
    is_silent: bool = False
