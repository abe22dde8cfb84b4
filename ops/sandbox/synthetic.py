"""A market that never was: every candle follows from its symbol and its time alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from domain.candle import Row
from domain.clock import EPOCH, Clock, instant, milliseconds
from domain.interval import Interval
from ops.sandbox.bar import Bar, fold
from ops.sandbox.day import DAY
from ops.sandbox.listing import LISTINGS, Listing
from ops.sandbox.series import Symbol, Window
from ops.sandbox.tree import LENGTHS, candles

_ONE: Final = 10**8  # Binance sends eight decimals, always
_LEAST_SLOTS: Final = 64  # looked at together, so that a request for one row does not crawl through an outage
_MINUTE_MS: Final = 60_000
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class SyntheticMarket:
    clock: Clock
    listings: Sequence[Listing] = field(default=LISTINGS)

    def now(self) -> datetime:
        return self.clock()

    def symbols(self) -> Sequence[Symbol]:
        return [listing.symbol for listing in self.listings]

    def rows(self, window: Window) -> Sequence[Row]:
        listing = next((one for one in self.listings if one.symbol.name == window.symbol), None)
        if listing is None:
            return []
        found = self._found(listing, window)
        return [_row(listing, opens, bar) for opens, bar in found]

    def _found(self, listing: Listing, window: Window) -> list[tuple[int, Bar]]:
        now_ms = milliseconds(self.now())
        slots = _slots(listing, window, now_ms)
        found: list[tuple[int, Bar]] = []
        while slots and len(found) < window.limit:
            size = max(_LEAST_SLOTS, window.limit - len(found))
            if window.newest:
                slots, some = slots[:-size], slots[-size:]
                found = [*_made(listing, window.interval, some, now_ms), *found]
            else:
                some, slots = slots[:size], slots[size:]
                found.extend(_made(listing, window.interval, some, now_ms))
        return found[-window.limit :] if window.newest else found[: window.limit]


def _slots(listing: Listing, window: Window, now_ms: int) -> range:
    """Slots of the window that may hold candles."""
    interval = window.interval
    last_ms = min(window.end_ms, now_ms + 1)
    if listing.delisted is not None:
        last_ms = min(last_ms, milliseconds(listing.delisted))
    first = interval.slot(interval.ceil(instant(min(window.start_ms, last_ms))))
    return range(max(first, interval.slot(listing.listed)), interval.slot(interval.ceil(instant(last_ms))))


def _made(listing: Listing, interval: Interval, slots: range, now_ms: int) -> Iterator[tuple[int, Bar]]:
    """Open minute and candle of those slots in which something was traded."""
    start, end = _minute(interval, slots.start), _minute(interval, slots.stop)
    length = _node_length(interval)
    nodes = candles(listing, length, start, end, now_ms)
    if length == interval.minutes:
        yield from nodes
        return
    for slot, members in groupby(nodes, key=lambda node: interval.slot(EPOCH + node[0] * _MINUTE)):
        yield _minute(interval, slot), fold([bar for _, bar in members])


def _node_length(interval: Interval) -> int:
    if interval.minutes >= DAY:
        return DAY
    return next(length for length in LENGTHS if interval.minutes % length == 0)


def _minute(interval: Interval, slot: int) -> int:
    return (interval.opens(slot) - EPOCH) // _MINUTE


def _row(listing: Listing, opens: int, bar: Bar) -> Row:
    opened, high, low, close, volume = bar
    tick, lot = _ONE // listing.ticks, _ONE // listing.lots
    prices = _text(opened * tick), _text(high * tick), _text(low * tick), _text(close * tick)
    return (opens * _MINUTE_MS, *prices, _text(volume * lot))


def _text(count: int) -> str:
    whole, part = divmod(count, _ONE)
    return f"{whole}.{part:08d}"
