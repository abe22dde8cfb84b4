"""What the ledger says about completeness: ranges and numbers, given the ledger and the clock."""

from datetime import datetime

from domain.interval import Interval
from domain.storage.ledger import Ledger
from domain.timerange import TimeRange


def since(ledger: Ledger) -> datetime | None:
    """Where a complete history begins: at the listing, or where it is unknown at the first covered instant."""
    return ledger.listed_at or ledger.oldest


def gaps(ledger: Ledger, within: TimeRange | None) -> list[TimeRange]:
    """The parts of a range that are not covered, oldest first."""
    if within is None:
        return []
    reached, found = within.start, list[TimeRange]()
    for covered in ledger.covered:
        if gap := TimeRange.of(reached, min(covered.start, within.end)):
            found.append(gap)
        reached = max(reached, covered.end)
    rest = TimeRange.of(reached, within.end)
    return [*found, rest] if rest else found


def whole(ledger: Ledger, interval: Interval, now: datetime) -> TimeRange | None:
    """From where history begins to the end of the last closed candle."""
    start = since(ledger)
    return TimeRange.of(start, interval.floor(now)) if start else None


def percent(ledger: Ledger, interval: Interval, now: datetime) -> float:
    """The covered share of the whole, 0 to 100; 0 where nothing is known, 100 where nothing has closed yet."""
    history = whole(ledger, interval, now)
    if history is None:
        return 100.0 if since(ledger) else 0.0
    missing = sum(gap.seconds for gap in gaps(ledger, history))
    return 100 * (history.seconds - missing) / history.seconds


def empty_slots(ledger: Ledger, interval: Interval, candle_count: int) -> int:
    """Covered slots without a candle."""
    slots = sum(interval.slots_between(covered.start, covered.end) for covered in ledger.covered)
    return max(0, slots - candle_count)
