"""Intervals as TradingView writes them: minutes as a number, days, weeks and months with a letter."""

import re
from collections.abc import Iterable
from typing import Final

from domain.errors import BadInputError
from domain.interval import Interval

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
        return Interval.parse(f"{count or 1}{_UNITS[letter]}")
    return _of_minutes(int(minutes))


def _of_minutes(minutes: int) -> Interval:
    for length, unit in ((_DAY, "d"), (_HOUR, "h")):
        if minutes % length == 0:
            return Interval.parse(f"{minutes // length}{unit}")
    return Interval.parse(f"{minutes}m")


def resolutions(steps: Iterable[Interval]) -> list[str]:
    """In the order of the intervals, each once."""
    return list(dict.fromkeys(text for step in steps if (text := resolution(step))))
