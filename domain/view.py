"""What a list of candles shows: at which interval, made of which, with or without empty slots."""

from dataclasses import dataclass

from domain.candle import Candle
from domain.interval import Interval


@dataclass(frozen=True, slots=True)
class View:
    """Candles of `step` out of those stored at `stored`, which divides it; filled ones repeat the close before."""

    step: Interval
    stored: Interval
    is_filled: bool = False

    @property
    def is_resampled(self) -> bool:
        return self.step != self.stored


@dataclass(frozen=True, slots=True)
class ViewedCandle(Candle):
    """A candle of a view.

    `is_complete` is false for a resampled candle whose slots are not all covered or not all closed; `is_filled` is true
    for a slot without a trade.
    """

    is_complete: bool
    is_filled: bool
