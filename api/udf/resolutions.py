"""Intervals as TradingView writes them: minutes as a number, days, weeks and months with a letter."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from domain.errors import BadInputError
from domain.interval import STANDARD_INTERVALS, Interval, interval

_FORM: Final = re.compile(r"([1-9][0-9]{0,3})?([DWM])|([1-9][0-9]{0,4})", re.ASCII)
_UNITS: Final = {"D": "d", "W": "w", "M": "M"}
_LETTERS: Final = {unit: letter for letter, unit in _UNITS.items()}
_HOUR, _DAY = 60, 1_440  # minutes


def resolution(step: Interval) -> str | None:
    """None for what TradingView has no word for."""
    if step.unit in _LETTERS:
        return f"{step.count}{_LETTERS[step.unit]}"
    return str(step.minutes) if step.months is None and step.seconds % 60 == 0 else None


def interval_of(text: str) -> Interval:
    """Raises BadInputError. D is 1D."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise BadInputError("resolution is a number of minutes, or days, weeks or months like 1D, 1W and 1M.")
    count, letter, minutes = form.groups()
    if letter:
        return interval(f"{count or 1}{_UNITS[letter]}")
    return _of_minutes(int(minutes))


def _of_minutes(minutes: int) -> Interval:
    for length, unit in ((_DAY, "d"), (_HOUR, "h")):
        if minutes % length == 0:
            return interval(f"{minutes // length}{unit}")
    return interval(f"{minutes}m")


def supported(stored: Collection[Interval]) -> list[str]:
    """What can be asked for where these intervals are stored, shortest first."""
    possible = {step for step in STANDARD_INTERVALS if any(part.divides(step) for part in stored)}
    return written(possible.union(stored))


def written(steps: Iterable[Interval]) -> list[str]:
    """Shortest first, each once."""
    ordered = sorted(steps, key=lambda step: step.seconds)
    return list(dict.fromkeys(text for step in ordered if (text := resolution(step))))
