"""Which stored interval answers for an asked one."""

from collections.abc import Collection, Sequence

from domain.errors import BadInputError
from domain.interval import STANDARD_INTERVALS, Interval


def source_interval(asked: Interval, stored: Collection[Interval]) -> Interval:
    """The asked interval where it is stored, else the coarsest stored one that divides it.

    BadInputError where none does; the message names what is stored and what could be asked for instead.
    """
    if asked in stored:
        return asked
    dividing = [step for step in stored if step.divides(asked)]
    if not dividing:
        raise BadInputError(_refusal(asked, stored))
    return max(dividing, key=_length)


def _length(step: Interval) -> tuple[int, str]:
    # Two texts of one length, such as 60m and 1h, always in the same order.
    return step.seconds, step.text


def possible_intervals(stored: Collection[Interval]) -> list[Interval]:
    """The stored intervals and the standard ones that they divide, shortest first."""
    divided = {step for step in STANDARD_INTERVALS if any(part.divides(step) for part in stored)}
    return sorted(divided.union(stored), key=_length)


def _refusal(asked: Interval, stored: Collection[Interval]) -> str:
    told = f"{asked} is not stored here, and no stored interval divides it"
    possible = _listed(possible_intervals(stored))
    return f"{told}; stored: {_listed(sorted(stored, key=_length))}; can be asked for: {possible}."


def _listed(steps: Sequence[Interval]) -> str:
    return " ".join(step.text for step in steps)
