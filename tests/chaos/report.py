"""What a chaos run did and measured, each value beside its limit."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


class ChaosError(AssertionError):
    """Something was lost, claimed falsely, took too long, or was never put to the test."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A value beside the limit it has to keep."""

    name: str
    value: float
    limit: float
    unit: str
    is_floor: bool

    @property
    def margin(self) -> float:
        """How far the value is from breaking the limit; negative where it does."""
        return self.value - self.limit if self.is_floor else self.limit - self.value

    @property
    def holds(self) -> bool:
        return self.margin >= 0

    def __str__(self) -> str:
        word = "at least" if self.is_floor else "at most"
        verdict = "" if self.holds else "  <-- broken"
        return f"{self.name}: {self.value:,.6g} {self.unit} ({word} {self.limit:,.6g}){verdict}"


@dataclass
class Report:
    """What a scenario tells: how often it did what, and what it measured.

    `faults` are what was injected; a scenario that names one and never injects it has tested nothing and fails.
    """

    title: str
    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    measures: dict[str, Measure] = field(default_factory=dict)

    def expect(self, *faults: str) -> None:
        """Names faults that the scenario must inject."""
        for fault in faults:
            self.faults.setdefault(fault, 0)

    def at_most(self, name: str, value: float, limit: float, unit: str = "") -> None:
        self._add(Measure(name, value, limit, unit, is_floor=False))

    def at_least(self, name: str, value: float, limit: float, unit: str = "") -> None:
        self._add(Measure(name, value, limit, unit, is_floor=True))

    def _add(self, measure: Measure) -> None:
        """What is measured several times is told once, at its worst."""
        earlier = self.measures.get(measure.name)
        if earlier is None or measure.margin < earlier.margin:
            self.measures[measure.name] = measure

    @property
    def failures(self) -> list[str]:
        """Limits that were broken and faults that were not injected."""
        missed = [f"never injected: {fault}" for fault, times in self.faults.items() if not times]
        return missed + [str(measure) for measure in self.measures.values() if not measure.holds]

    def check(self) -> None:
        """Raises ChaosError with the whole report unless everything held."""
        if self.failures:
            raise ChaosError(f"{'; '.join(self.failures)}\n{self}")

    def __str__(self) -> str:
        told = [f"  {name}: {count:,}" for name, count in (*self.faults.items(), *self.counts.items())]
        return "\n".join(
            [f"{self.title} (seed {self.seed})", *told, *(f"  {measure}" for measure in self.measures.values())]
        )


Scenario = Callable[[int, float], Awaitable[Report]]
"""Takes a seed and the minutes it may take, about; gives its report, which the caller checks."""
