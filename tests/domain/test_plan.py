"""What each kind of sync wants to have covered."""

from datetime import UTC, datetime

import pytest

from domain.interval import interval
from domain.models import SyncKind
from domain.plan import FIRST_SLOTS, SETTLING_SLOTS, Wish, needs_listing, wanted
from domain.storage.ledger import Ledger
from domain.timerange import TimeRange

HOUR = interval("1h")
NOW = datetime(2024, 3, 10, 12, 34, 56, tzinfo=UTC)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2024, 3, day, hour, tzinfo=UTC)


COVERED = Ledger([TimeRange(at(3), at(4)), TimeRange(at(5), at(6))], listed_at=None)
NOTHING = Ledger([], listed_at=None)


def plan(kind: SyncKind, known: Ledger, start: datetime | None = None, end: datetime | None = None) -> TimeRange | None:
    return wanted(Wish(kind, start, end, NOW), known, HOUR)


@pytest.mark.parametrize(
    ("kind", "known", "start", "expected"),
    [
        (SyncKind.INITIAL, NOTHING, at(1), TimeRange(at(1), at(10, 12))),
        (SyncKind.INITIAL, Ledger([], at(2)), None, TimeRange(at(2), at(10, 12))),
        (SyncKind.INITIAL, Ledger([], at(2)), at(1), TimeRange(at(2), at(10, 12))),
        (SyncKind.FORWARD, COVERED, None, TimeRange(HOUR.shift(at(6), -SETTLING_SLOTS), at(10, 12))),
        (SyncKind.FORWARD, NOTHING, None, TimeRange(HOUR.shift(at(10, 12), -FIRST_SLOTS), at(10, 12))),
        (SyncKind.BACKWARD, COVERED, at(1), TimeRange(at(1), at(3))),
        (SyncKind.BACKWARD, Ledger(COVERED.covered, at(3)), None, None),
        (SyncKind.REPAIR, COVERED, None, TimeRange(at(3), at(6))),
        (SyncKind.REPAIR, NOTHING, None, None),
    ],
)
def test_kinds_differ_only_in_the_range_they_want(
    kind: SyncKind,
    known: Ledger,
    start: datetime | None,
    expected: TimeRange | None,
) -> None:
    """One engine serves them all; it ends at the last closed candle and never begins before the listing."""
    assert plan(kind, known, start) == expected


def test_a_range_is_taken_as_given() -> None:
    """RANGE wants exactly [from, to)."""
    assert plan(SyncKind.RANGE, COVERED, at(1), at(2)) == TimeRange(at(1), at(2))


def test_only_an_open_ended_search_into_the_past_needs_the_listing_date() -> None:
    """Everything else knows where it begins."""
    assert needs_listing(Wish(SyncKind.INITIAL, None, None, NOW), NOTHING)
    assert not needs_listing(Wish(SyncKind.INITIAL, at(1), None, NOW), NOTHING)
    assert not needs_listing(Wish(SyncKind.FORWARD, None, None, NOW), NOTHING)
    assert not needs_listing(Wish(SyncKind.INITIAL, None, None, NOW), Ledger([], at(1)))
