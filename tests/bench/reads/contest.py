"""Contenders taking turns at the same task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tests.bench.reads.aim import Aim
from tests.bench.report import Finding
from tests.bench.rounds import Contestant, Round, alternate, usual

_EXACT_BELOW: Final = 100  # answers a second


@dataclass(frozen=True)
class Pace:
    """Rounds of a contest, and seconds of a turn in it."""

    rounds: int
    seconds: float


def answers_a_second(seconds: float) -> str:
    return f"{1 / seconds:,.{0 if 1 / seconds >= _EXACT_BELOW else 1}f} answers/s"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1_000:.2f} ms"


class Named(Contestant, Protocol):
    """A contestant with one entry in a round, under its name."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Contest:
    """The first contender is the one that has aims; aims against somebody who does not take part do not count.

    `words` says what is measured of a contender, in seconds.
    """

    what: str
    contenders: Sequence[Named]
    aims: Sequence[Aim]
    words: Callable[[float], str] = answers_a_second

    @property
    def is_held(self) -> bool:
        return any(aim.other == contender.name for aim in self.aims for contender in self.contenders)

    def hold(self, rounds: int) -> list[Round]:
        for contender in self.contenders:
            contender.run()  # once for nothing: caches, prepared statements, compiled code
        return alternate(self.contenders, rounds)

    def findings(self, rounds: Sequence[Round]) -> list[Finding]:
        name = self.contenders[0].name
        return [aim.finding(self.what, name, rounds) for aim in self.aims if aim.other in rounds[0]]

    def note(self, rounds: Sequence[Round]) -> str:
        """What everyone did in a usual round."""
        figures = [f"{one.name} {self.words(usual(rounds, one.name))}" for one in self.contenders]
        return f"- {self.what}: {', '.join(figures)}"
