"""A candle in whole ticks and lots, taken apart and put together without a remainder."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import pairwise
from struct import Struct
from typing import Final, TypeAlias

Bar: TypeAlias = tuple[int, int, int, int, int]
"""Open, high, low and close in ticks, volume in lots."""

MAX_PARTS: Final = 5  # `split` takes 5 draws a part from the 32 there are

_DRAWS: Final = Struct("<32H")
_PLACE: Final = Struct("<qq")
_ONE: Final = 1 << 16  # a draw is a number below this
_LEAST_WEIGHT: Final = _ONE >> 4  # so that no part with a trade ends up without volume
_MINUTE_MS: Final = 60_000


def draws(seed: bytes, scale: int, at: int) -> tuple[int, ...]:
    """32 numbers below 65,536 that depend on nothing but the arguments."""
    return _DRAWS.unpack(blake2b(_PLACE.pack(scale, at), key=seed).digest())


def fold(bars: Sequence[Bar]) -> Bar:
    """The candle of consecutive ones."""
    if len(bars) == 1:
        return bars[0]
    opens, highs, lows, closes, volumes = zip(*bars, strict=True)
    return opens[0], max(highs), min(lows), closes[-1], sum(volumes)


def split(bar: Bar, parts: int, draw: Sequence[int], quiet: int) -> list[Bar]:
    """Consecutive candles that fold into `bar`.

    `quiet` of 65,536 inner parts pass without a trade; the first and the last always trade.
    """
    if parts == 1 or not bar[4]:
        return [bar] * parts
    silent = [False, *(one < quiet for one in draw[1 : parts - 1]), False]
    path = _path(bar, silent, draw[MAX_PARTS:])
    bodies = [(min(ends), max(ends)) for ends in pairwise(path)]
    trading = [part for part in range(parts) if not silent[part]]
    wicks = [(bar[1] - bar[2]) * one // (parts * 2 * _ONE) for one in draw[2 * MAX_PARTS : 4 * MAX_PARTS]]
    lows = [max(bar[2], low - wick) for (low, _), wick in zip(bodies, wicks, strict=False)]
    highs = [min(bar[1], high + wick) for (_, high), wick in zip(bodies, wicks[MAX_PARTS:], strict=False)]
    lows[min(trading, key=lambda part: bodies[part][0])] = bar[2]
    highs[max(trading, key=lambda part: bodies[part][1])] = bar[1]
    volumes = _shares(bar[4], silent, draw[4 * MAX_PARTS :])
    return [
        (path[part], path[part], path[part], path[part], 0)
        if silent[part]
        else (path[part], highs[part], lows[part], path[part + 1], volumes[part])
        for part in range(parts)
    ]


def forming(bar: Bar, elapsed_ms: int) -> Bar:
    """What a one-minute candle shows before its minute is over."""
    opened, _, _, close, volume = bar
    price = opened + (close - opened) * elapsed_ms // _MINUTE_MS
    return opened, max(opened, price), min(opened, price), price, volume * elapsed_ms // _MINUTE_MS


def _path(bar: Bar, silent: Sequence[bool], draw: Sequence[int]) -> list[int]:
    """Prices at the edges of the parts, from open to close within low and high."""
    opened, high, low, close, _ = bar
    parts = len(silent)
    path = [opened]
    for edge in range(1, parts):
        if silent[edge - 1]:
            path.append(path[-1])
            continue
        stray = (high - low) * (2 * draw[edge] - _ONE) * 5 // (16 * _ONE)
        path.append(min(high, max(low, opened + (close - opened) * edge // parts + stray)))
    return [*path, close]


def _shares(volume: int, silent: Iterable[bool], draw: Sequence[int]) -> list[int]:
    """Whole lots for each part; they sum to `volume`."""
    weights = [0 if still else _LEAST_WEIGHT + (one * one >> 16) for still, one in zip(silent, draw, strict=False)]
    total = sum(weights)
    shares = []
    done = given = 0
    for weight in weights:
        done += weight
        shares.append(volume * done // total - given)
        given += shares[-1]
    return shares
