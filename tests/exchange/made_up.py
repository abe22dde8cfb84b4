"""Series of rows with one peculiarity each."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import TypeAlias

from domain.candle import Row
from domain.clock import EPOCH, milliseconds
from domain.interval import Interval
from ops.sandbox.series import closing_ms

Numbers: TypeAlias = tuple[str, str, str, str, str]


def contiguous(interval: Interval, start: datetime, count: int, *, price: str = "100.25", seed: int = 0) -> list[Row]:
    """A walk that opens where it closed, on the grid, with the decimals of `price`."""
    first = interval.slot(start)
    opens = (milliseconds(interval.opens(slot)) for slot in range(first, first + count))
    return [(opens_ms, *numbers) for opens_ms, numbers in zip(opens, _walk(count, price, seed), strict=True)]


@lru_cache
def _walk(count: int, price: str, seed: int) -> list[Numbers]:
    """The same whenever it begins, so it is drawn once for all tests."""
    random = Random(seed)
    tick = Decimal(1).scaleb(int(Decimal(price).as_tuple().exponent))
    walk = []
    opened = Decimal(price)
    for _ in range(count):
        close = max(tick * 10, opened + random.randint(-9, 9) * tick)
        high, low = max(opened, close) + random.randint(0, 4) * tick, min(opened, close) - random.randint(0, 4) * tick
        volume = Decimal(random.randint(1, 10**8)).scaleb(-5)
        walk.append(_texts(opened, high, low, close, volume))
        opened = close
    return walk


def without(rows: Sequence[Row], start: datetime, end: datetime) -> list[Row]:
    """The rows with a hole where the exchange stood still."""
    return [row for row in rows if not milliseconds(start) <= row[0] < milliseconds(end)]


def sparse(rows: Sequence[Row], *, keep: float, seed: int = 0) -> list[Row]:
    """About that share of the rows, as where many minutes pass without a trade."""
    random = Random(seed)
    return [row for row in rows if random.random() < keep]


def flat_filled(rows: Sequence[Row], interval: Interval) -> list[Row]:
    """Holes filled as some exchanges fill minutes without trades: flat at the last close, volume 0."""
    return [filled for row in _with_next(rows) for filled in _until(*row, interval)]


def shifted(rows: Sequence[Row], start: datetime, end: datetime, by_ms: int) -> list[Row]:
    """The rows with those of [start, end) off their places, as after an outage."""
    inside = range(milliseconds(start), milliseconds(end))
    return sorted({row[0]: row for row in ((row[0] + by_ms * (row[0] in inside), *row[1:]) for row in rows)}.values())


def resampled(rows: Sequence[Row], interval: Interval) -> list[Row]:
    """Rows of a longer interval that agree with these."""
    return [_folded(opens_ms, members) for opens_ms, members in _slots(rows, interval)]


def _slots(rows: Sequence[Row], interval: Interval) -> Iterator[tuple[int, Sequence[Row]]]:
    """When each slot that has any of these ascending rows opens, and which."""
    start = 0
    while start < len(rows):
        slot = interval.slot(EPOCH.fromtimestamp(rows[start][0] / 1_000, EPOCH.tzinfo))
        end = bisect_left(rows, (milliseconds(interval.opens(slot + 1)),), start)
        yield milliseconds(interval.opens(slot)), rows[start:end]
        start = end


def _folded(opens_ms: int, rows: Sequence[Row]) -> Row:
    highs, lows, volumes = ([Decimal(row[column]) for row in rows] for column in (2, 3, 5))
    opened, close = Decimal(rows[0][1]), Decimal(rows[-1][4])
    return (opens_ms, *_texts(opened, max(highs), min(lows), close, sum(volumes, Decimal(0))))


def _with_next(rows: Sequence[Row]) -> Iterator[tuple[Row, Row | None]]:
    return zip(rows, [*rows[1:], None], strict=True)


def _until(row: Row, following: Row | None, interval: Interval) -> Iterator[Row]:
    """The row and flat ones up to the following."""
    yield row
    opens_ms, close = closing_ms(row[0], interval), row[4]
    while following and opens_ms < following[0]:
        yield (opens_ms, close, close, close, close, "0")
        opens_ms = closing_ms(opens_ms, interval)


def _texts(*numbers: Decimal) -> Numbers:
    opened, high, low, close, volume = (f"{number:f}" for number in numbers)
    return (opened, high, low, close, volume)
