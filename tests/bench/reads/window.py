"""Which candles a request is for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from tests.bench.reads.rows import START, Rows

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Window:
    """So many candles of a pair; `pair` and `minute` count from 0, the latter from START."""

    pair: int
    minute: int
    candles: int

    @property
    def start(self) -> datetime:
        return START + self.minute * _MINUTE

    @property
    def end(self) -> datetime:
        return START + (self.minute + self.candles) * _MINUTE


def anywhere(rows: Rows, candles: int, seed: int) -> Iterator[Window]:
    """Endless; any pair, any minute."""
    random = Random(seed)
    while True:
        yield Window(random.randrange(rows.pairs), random.randrange(rows.minutes - candles), candles)


def never_twice(rows: Rows, candles: int, seed: int) -> Iterator[Window]:
    """Windows that do not overlap, in any order, until there are no more."""
    pages = range(rows.pairs * (rows.minutes // candles))
    for page in Random(seed).sample(pages, len(pages)):
        pair, place = divmod(page, rows.minutes // candles)
        yield Window(pair, place * candles, candles)


def iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:00Z}"
