"""The grid of open times that a timeframe lays over UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Final, Self

from domain.clock import EPOCH
from domain.errors import BadInputError

FIRST_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)

_NOTATION: Final = re.compile(r"([1-9][0-9]{0,3})([smhdwMy])", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MONTHS: Final = {"M": 1, "y": 12}

# CCXT and the contract count a month as 30 days where only a nominal length is wanted.
_NOMINAL_MONTH_SECONDS: Final = 30 * 86_400

# Longer than any market is old; the slots of intervals of thousands of years open before PostgreSQL's first instant.
_LONGEST_SECONDS: Final = 100 * 12 * _NOMINAL_MONTH_SECONDS


@dataclass(frozen=True)
class Interval:
    """A timeframe in CCXT notation, for example 1m, 4h, 1w or 1M.

    Slots are numbered: slot 0 opens at 1970-01-01T00:00:00Z, for weeks on the Monday after. Days are UTC days,
    weeks start on Monday, months and years are those of the calendar.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadInputError for anything that is not an interval in CCXT notation."""
        if not _NOTATION.fullmatch(text):
            shown = text[:20].encode("ascii", "backslashreplace").decode()
            raise BadInputError(f"'{shown}' is not an interval; write it like 1m, 4h, 1d, 1w or 1M.")
        step = cls(text)
        if step.seconds > _LONGEST_SECONDS:
            raise BadInputError(f"'{text}' is too long; no candle is longer than 100y.")
        return step

    def __str__(self) -> str:
        return self.text

    @property
    def count(self) -> int:
        return int(self.text[:-1])

    @property
    def unit(self) -> str:
        return self.text[-1]

    @cached_property
    def months(self) -> int | None:
        """Calendar months in a slot; None where slots have a fixed length."""
        return self.count * _MONTHS[self.unit] if self.unit in _MONTHS else None

    @cached_property
    def seconds(self) -> int:
        """Length of a slot; nominal for months and years."""
        if self.months is not None:
            return self.months * _NOMINAL_MONTH_SECONDS
        return self.count * _SECONDS[self.unit]

    @property
    def minutes(self) -> int:
        return self.seconds // 60

    @cached_property
    def length(self) -> timedelta:
        """Length of a slot; nominal for months and years."""
        return timedelta(seconds=self.seconds)

    @property
    def anchor(self) -> datetime:
        """Open time of slot 0."""
        return FIRST_MONDAY if self.unit == "w" else EPOCH

    def slot(self, at: datetime) -> int:
        """Number of the slot that `at` falls into."""
        if self.months is not None:
            return ((at.year - 1970) * 12 + at.month - 1) // self.months
        return (at - self.anchor) // self.length

    def opens(self, slot: int) -> datetime:
        """Open time of a slot."""
        if self.months is not None:
            years, month = divmod(slot * self.months, 12)
            return datetime(1970 + years, month + 1, 1, tzinfo=UTC)
        return self.anchor + slot * self.length

    def floor(self, at: datetime) -> datetime:
        """The last open time at or before `at`."""
        return self.opens(self.slot(at))

    def ceil(self, at: datetime) -> datetime:
        """The first open time at or after `at`."""
        floor = self.floor(at)
        return floor if floor == at else self.next(at)

    def next(self, at: datetime) -> datetime:
        """The first open time after `at`."""
        return self.opens(self.slot(at) + 1)

    def shift(self, at: datetime, slots: int) -> datetime:
        """The open time that many slots after the slot of `at`."""
        return self.opens(self.slot(at) + slots)

    def slots_between(self, start: datetime, end: datetime) -> int:
        """How many slots open in [start, end)."""
        return max(0, self.slot(self.ceil(end)) - self.slot(self.ceil(start)))

    def divides(self, coarser: "Interval") -> bool:
        """Whether every slot of `coarser` consists of whole slots of this interval."""
        if self.months is not None:
            return coarser.months is not None and coarser.months % self.months == 0
        if coarser.months is not None:
            return _SECONDS["d"] % self.seconds == 0
        shifted = (coarser.anchor - self.anchor) % self.length
        return coarser.seconds % self.seconds == 0 and not shifted


@lru_cache(maxsize=256)
def interval(text: str) -> Interval:
    """The interval that a text from our own tables or configuration names."""
    return Interval.parse(text)


STANDARD_INTERVALS: Final = tuple(
    interval(text)
    for text in ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")
)
