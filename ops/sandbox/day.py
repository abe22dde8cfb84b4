"""The days of the synthetic market, each one computable by itself."""

from collections.abc import Iterator
from functools import lru_cache
from math import exp
from typing import Final, TypeAlias

from domain.clock import milliseconds
from ops.sandbox.bar import Bar, draws
from ops.sandbox.listing import Listing

DAY: Final = 1_440  # minutes

Hours: TypeAlias = tuple[tuple[int, int], ...]
"""Stretches of a day with trading, [start, end) in minutes since 1970."""

_OCTAVES: Final = 11  # swings that last from one day to 1,024 days
_DAILY_SWING: Final = 0.02  # in log price; each longer octave swings wider by the root of two, as a random walk does
_OUTAGE_EVERY: Final = 32  # days
_LONGEST_OUTAGE: Final = 300  # minutes
_SHORTEST_OUTAGE: Final = 20  # minutes
_ONE: Final = 1 << 16  # a draw is a number below this


def seed(listing: Listing) -> bytes:
    return f"{listing.base}/{listing.quote}".encode()


def day_bar(listing: Listing, day: int) -> Bar:
    opened, close = opening_price(listing, day), opening_price(listing, day + 1)
    up, down, volume, *_ = draws(seed(listing), DAY, day * DAY)
    body = max(opened, close) - min(opened, close)
    reach = body + max(opened, close) // 100
    return (
        opened,
        max(opened, close) + reach * up * up // _ONE**2,
        max(1, min(opened, close) - reach * down * down // (2 * _ONE**2)),
        close,
        listing.daily_volume * listing.lots * (_ONE + 2 * volume) // (2 * _ONE),
    )


@lru_cache(maxsize=1 << 14)
def opening_price(listing: Listing, day: int) -> int:
    """Ticks; every day closes where the next one opens."""
    swing = sum(_DAILY_SWING * 2 ** (octave / 2) * _wave(seed(listing), octave, day) for octave in range(_OCTAVES))
    return max(1, round(listing.price * exp(swing) * listing.ticks))


def trading_hours(listing: Listing, day: int) -> Hours:
    start = max(day * DAY, milliseconds(listing.listed) // 60_000)
    end = (day + 1) * DAY
    if listing.delisted is not None:
        end = min(end, milliseconds(listing.delisted) // 60_000)
    stop, resume = _outage(day)
    around = ((start, min(end, stop)), (max(start, resume), end)) if stop < resume else ((start, end),)
    return tuple((opens, closes) for opens, closes in around if opens < closes)


def _wave(seed: bytes, octave: int, day: int) -> float:
    """Between -1 and 1, straight from one multiple of 2^octave days to the next."""
    step, into = divmod(day, 1 << octave)
    here, there = _crest(seed, octave, step), _crest(seed, octave, step + 1)
    return here + (there - here) * into / (1 << octave)


@lru_cache(maxsize=1 << 12)
def _crest(seed: bytes, octave: int, step: int) -> float:
    return draws(seed, -octave - 1, step)[0] * 2 / _ONE - 1


def _outage(day: int) -> tuple[int, int]:
    """Minutes of that day in which the whole exchange stood still; empty on most days."""
    block, within = divmod(day, _OUTAGE_EVERY)
    chosen, begin, length, *_ = draws(b"outage", _OUTAGE_EVERY, block)
    if chosen % _OUTAGE_EVERY != within:
        return 0, 0
    start = day * DAY + begin % (DAY - _LONGEST_OUTAGE)
    return start, start + _SHORTEST_OUTAGE + length % (_LONGEST_OUTAGE - _SHORTEST_OUTAGE)


def days(start: int, end: int) -> Iterator[int]:
    """Numbers of the days that the minutes [start, end) touch."""
    yield from range(start // DAY, -(-end // DAY))
