"""Candles of every length that divides a day, taken from the day's one by splitting it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ops.sandbox.bar import Bar, draws, fold, forming, split
from ops.sandbox.day import DAY, Hours, day_bar, days, seed, trading_hours
from ops.sandbox.listing import Listing

LENGTHS: Final = (DAY, 360, 120, 60, 30, 15, 5, 1)  # minutes; each consists of at most five of the next

_MINUTE_MS: Final = 60_000
_QUIET_LENGTHS: Final = (5, 15)  # only within these may a part pass without a trade
_ONE: Final = 1 << 16  # a draw is a number below this


@dataclass(frozen=True)
class Node:
    """A stretch of trading: its place in the tree, the minute it opens and its finished candle."""

    depth: int
    opens: int
    bar: Bar

    @property
    def length(self) -> int:
        return LENGTHS[self.depth]


def candles(listing: Listing, length: int, start: int, end: int, now_ms: int) -> Iterator[tuple[int, Bar]]:
    """Open minute and candle of what trades in the minutes [start, end), `length` being one of LENGTHS.

    The candle that `now_ms` falls into holds what has happened so far.
    """
    end = min(end, now_ms // _MINUTE_MS + 1)
    for day in days(start, end):
        hours = trading_hours(listing, day)
        if hours:
            root = Node(0, day * DAY, day_bar(listing, day))
            yield from _within(_Walk(listing, hours, length, start, end, now_ms), root)


@dataclass(frozen=True)
class _Walk:
    listing: Listing
    hours: Hours
    length: int
    start: int
    end: int
    now_ms: int


def _within(walk: _Walk, node: Node) -> Iterator[tuple[int, Bar]]:
    if node.length == walk.length:
        bar = _so_far(walk, node)
        if bar:
            yield node.opens, bar
        return
    for child in _children(walk, node):
        if child.opens < walk.end and child.opens + child.length > walk.start:
            yield from _within(walk, child)


def _children(walk: _Walk, node: Node) -> list[Node]:
    length = LENGTHS[node.depth + 1]
    opens = [
        minute
        for minute in range(node.opens, node.opens + node.length, length)
        if any(start < minute + length and minute < end for start, end in walk.hours)
    ]
    quiet = int(walk.listing.quiet * _ONE) if node.length in _QUIET_LENGTHS else 0
    bars = split(node.bar, len(opens), draws(seed(walk.listing), length, node.opens), quiet)
    return [Node(node.depth + 1, minute, bar) for minute, bar in zip(opens, bars, strict=True)]


def _so_far(walk: _Walk, node: Node) -> Bar | None:
    """The candle as seen now; None while it waits for its first minute of trading."""
    elapsed = walk.now_ms - node.opens * _MINUTE_MS
    if elapsed >= node.length * _MINUTE_MS:
        return node.bar
    if node.length == 1:
        return forming(node.bar, elapsed)
    begun = [child for child in _children(walk, node) if child.opens * _MINUTE_MS <= walk.now_ms]
    bars = [bar for child in begun if (bar := _so_far(walk, child))]
    return fold(bars) if bars else None
