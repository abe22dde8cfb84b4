"""What a contest is meant to end in."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.report import Finding
from tests.bench.rounds import Ratio, Round


@dataclass(frozen=True)
class Aim:
    """Against whom, and how many times as fast to be at least; or how many times as long to take at most."""

    other: str
    times: float
    is_most: bool = False

    def finding(self, what: str, name: str, rounds: Sequence[Round]) -> Finding:
        ratio = Ratio.of(rounds, self.other, name) if self.is_most else Ratio.of(rounds, name, self.other)
        is_met = ratio.median <= self.times if self.is_most else ratio.median >= self.times
        relation = "time" if self.is_most else "speed"
        target = f"at {'most' if self.is_most else 'least'} {self.times:g} times"
        return Finding(f"{what}: {relation} beside {self.other}", str(ratio), target, is_met)
