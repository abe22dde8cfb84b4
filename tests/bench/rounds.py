"""Measuring side by side: everyone takes turns, and only what happened in the same round is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol, Self

Round = Mapping[str, float]
"""Seconds that the same work took, by who did it."""


class Contestant(Protocol):
    """Who can do the work any number of times."""

    def run(self) -> Round:
        """Does it once; several entries where its time can be understood in several ways. Raises BenchError."""


def alternate(contestants: Sequence[Contestant], rounds: int) -> list[Round]:
    """Each round begins with another contestant, so that nobody always works on a machine that another has warmed."""
    return [_round([*contestants[first:], *contestants[:first]]) for first in _beginners(len(contestants), rounds)]


def _beginners(contestants: int, rounds: int) -> list[int]:
    return [number % contestants for number in range(rounds)]


def _round(contestants: Sequence[Contestant]) -> Round:
    return {name: seconds for contestant in contestants for name, seconds in contestant.run().items()}


@dataclass(frozen=True)
class Ratio:
    """How many times as fast as another, over all rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, rounds: Sequence[Round], name: str, to: str) -> Self:
        """From the rounds in which both took part."""
        ratios = [times[to] / times[name] for times in rounds if name in times and to in times]
        return cls(median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        return f"{self.median:.2f} times ({self.least:.2f} to {self.most:.2f})"


def usual(rounds: Sequence[Round], name: str) -> float:
    """The median of the seconds that someone took."""
    return median(times[name] for times in rounds if name in times)
