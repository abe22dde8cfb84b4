"""An interval's grid in SQL: the arithmetic of `domain.interval`, whatever the session's time zone.

Arguments and results are SQL expressions for `timestamptz`, infinite ones included; open times are those of slots.
"""

from domain.clock import EPOCH
from domain.interval import Interval


def floor(step: Interval, at: str) -> str:
    """The last open time at or before an instant."""
    if step.months is None:
        return f"date_bin(interval '{step.seconds} seconds', {at}, timestamptz '{step.anchor.isoformat()}')"
    month = f"{_months_since_epoch(_in_utc(at))}"
    beyond = f"make_interval(months => ({month} % {step.months} + {step.months}) % {step.months})"
    opened = f"(date_trunc('month', {_in_utc(at)}) - {beyond}) AT TIME ZONE 'UTC'"
    return f"CASE WHEN isfinite({at}) THEN {opened} ELSE {at} END"


def ceil(step: Interval, at: str) -> str:
    """The first open time at or after an instant."""
    return shift(step, floor(step, f"({at} - interval '1 microsecond')"), "1")


def shift(step: Interval, opened: str, slots: str) -> str:
    """The open time that many slots after an open time."""
    if step.months is None:
        return f"({opened} + {slots} * {_length(step)})"
    return f"(({_in_utc(opened)} + {slots} * {_length(step)}) AT TIME ZONE 'UTC')"


def series(step: Interval, opened: str, end: str, *, is_newest_first: bool) -> str:
    """The set of open times from one open time to before another."""
    last = shift(step, end, "-1")
    if is_newest_first:
        return f"generate_series({_in_utc(last)}, {_in_utc(opened)}, -{_length(step)}) AT TIME ZONE 'UTC'"
    return f"generate_series({_in_utc(opened)}, {_in_utc(last)}, {_length(step)}) AT TIME ZONE 'UTC'"


def slots_between(step: Interval, opened: str, end: str) -> str:
    """How many slots lie between two open times."""
    if step.months is None:
        return f"(extract(epoch FROM {end} - {opened}) / {step.seconds})::bigint"
    months = f"{_months_since_epoch(_in_utc(end))} - {_months_since_epoch(_in_utc(opened))}"
    return f"(({months}) / {step.months})::bigint"


def _in_utc(at: str) -> str:
    return f"(({at}) AT TIME ZONE 'UTC')"


def _length(step: Interval) -> str:
    return f"interval '{step.seconds} seconds'" if step.months is None else f"interval '{step.months} months'"


def _months_since_epoch(local: str) -> str:
    return f"((extract(year FROM {local}) - {EPOCH.year}) * 12 + extract(month FROM {local}) - 1)::int"
