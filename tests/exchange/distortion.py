"""Rows as a broken exchange gives them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.candle import Row
from domain.clock import END_OF_TIME_MS
from ops.sandbox.series import MarketData, Symbol, Window

Distortion = Callable[[MarketData, Window], Sequence[Row]]
"""Gives the rows that the market is said to have in the window."""

_current: Final[ContextVar[Distortion | None]] = ContextVar("distortion", default=None)


@contextmanager
def distorting(distortion: Distortion) -> Iterator[None]:
    """What runs inside sees every DistortableMarket through the distortion."""
    token = _current.set(distortion)
    try:
        yield
    finally:
        _current.reset(token)


@dataclass(frozen=True)
class DistortableMarket:
    market: MarketData

    def now(self) -> datetime:
        return self.market.now()

    def symbols(self) -> Sequence[Symbol]:
        return self.market.symbols()

    def rows(self, window: Window) -> Sequence[Row]:
        distortion = _current.get()
        return distortion(self.market, window) if distortion else self.market.rows(window)


def empty(_: MarketData, __: Window) -> Sequence[Row]:
    return []


def since_ignored(market: MarketData, window: Window) -> Sequence[Row]:
    """The newest rows whatever was asked."""
    return market.rows(replace(window, start_ms=0, end_ms=END_OF_TIME_MS, newest=True))


def duplicated(market: MarketData, window: Window) -> Sequence[Row]:
    """Every row twice, which is harmless."""
    return [row for row in market.rows(window) for _ in range(2)]


def contradicted(market: MarketData, window: Window) -> Sequence[Row]:
    """The middle row twice, with different volumes."""
    return _middle(market.rows(window), lambda row: [row, (*row[:5], row[5] + "1")])


def off_by_seconds(market: MarketData, window: Window) -> Sequence[Row]:
    """The middle row opens 13 seconds after its slot."""
    return _middle(market.rows(window), lambda row: [(row[0] + 13_000, *row[1:])])


def inverted(market: MarketData, window: Window) -> Sequence[Row]:
    """High and low of the middle row have changed places, ten apart."""
    return _middle(market.rows(window), lambda row: [(row[0], row[1], row[3], f"1{row[2]}", row[4], row[5])])


def below_zero(market: MarketData, window: Window) -> Sequence[Row]:
    """The middle row has a negative volume."""
    return _middle(market.rows(window), lambda row: [(*row[:5], "-1")])


def not_a_number(market: MarketData, window: Window) -> Sequence[Row]:
    """The middle row opened at no price."""
    return _middle(market.rows(window), lambda row: [(row[0], "NaN", *row[2:])])


def unsorted(market: MarketData, window: Window) -> Sequence[Row]:
    """Every row, in no order, which is harmless."""
    return sorted(market.rows(window), key=lambda row: row[5])


def overlapping(market: MarketData, window: Window) -> Sequence[Row]:
    """Also the ten rows before those that were asked for, which is harmless."""
    earlier = replace(window, start_ms=0, end_ms=window.start_ms, limit=10, newest=True)
    return [*market.rows(earlier), *market.rows(window)]


def holed(market: MarketData, window: Window) -> Sequence[Row]:
    """The middle row is missing."""
    return _middle(market.rows(window), lambda _: [])


def shortened(market: MarketData, window: Window) -> Sequence[Row]:
    """The second half of the rows is missing."""
    rows = market.rows(window)
    return rows[: (len(rows) + 1) // 2]


def _middle(rows: Sequence[Row], change: Callable[[Row], list[Row]]) -> list[Row]:
    if not rows:
        return []
    middle = len(rows) // 2
    return [*rows[:middle], *change(rows[middle]), *rows[middle + 1 :]]
