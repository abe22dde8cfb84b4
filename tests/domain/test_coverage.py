"""What the ledger says about completeness."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import coverage
from domain.interval import interval
from domain.storage.ledger import Ledger
from domain.timerange import TimeRange

START = datetime(2024, 3, 1, tzinfo=UTC)
MINUTE = interval("1m")


def minute(place: float) -> datetime:
    return START + timedelta(minutes=place)


def span(start: float, end: float) -> TimeRange:
    return TimeRange(minute(start), minute(end))


def test_history_begins_at_the_listing_or_else_where_it_is_covered() -> None:
    """And nowhere while neither is known."""
    assert coverage.since(Ledger([span(5, 6)], minute(1))) == minute(1)
    assert coverage.since(Ledger([span(5, 6)], None)) == minute(5)
    assert coverage.since(Ledger([], None)) is None


@pytest.mark.parametrize(
    ("ledger", "percent"),
    [
        (Ledger([], None), 0.0),
        (Ledger([], minute(0)), 0.0),
        (Ledger([span(0, 10)], minute(0)), 100.0),
        (Ledger([span(0, 5)], minute(0)), 50.0),
        (Ledger([span(5, 10)], None), 100.0),
        (Ledger([span(0, 2), span(4, 6)], None), 40.0),
        (Ledger([], minute(10)), 100.0),
        (Ledger([span(0, 20)], minute(0)), 100.0),
    ],
)
def test_percent_is_the_covered_share_of_what_has_closed(ledger: Ledger, percent: float) -> None:
    """Half a minute after the tenth candle closed."""
    assert coverage.percent(ledger, MINUTE, minute(10.5)) == percent


def test_months_count_by_their_length() -> None:
    """January and February of 2024 have 60 days, 31 of them covered."""
    january, march = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 10, tzinfo=UTC)
    ledger = Ledger([TimeRange(january, january + timedelta(days=31))], january)

    assert coverage.percent(ledger, interval("1M"), march) == pytest.approx(100 * 31 / 60)


def test_empty_slots_are_covered_ones_without_a_candle() -> None:
    """Never fewer than none, whatever was stored off the grid."""
    ledger = Ledger([span(0, 10), span(20, 25)], None)

    assert coverage.empty_slots(ledger, MINUTE, 12) == 3
    assert coverage.empty_slots(ledger, MINUTE, 99) == 0


MINUTES = st.integers(min_value=0, max_value=30)


@given(covered=st.sets(MINUTES), start=MINUTES, length=MINUTES)
def test_gaps_are_exactly_what_is_not_covered(covered: set[int], start: int, length: int) -> None:
    """Every minute of the range lies in a gap or is covered; gaps come oldest first and do not touch."""
    within = TimeRange.of(minute(start), minute(start + length))
    found = coverage.gaps(Ledger(merged(covered), None), within)
    missing = [place for place in range(start, start + length) if place not in covered]

    assert [place for gap in found for place in range(60) if gap.start <= minute(place) < gap.end] == missing
    assert all(one.end < other.start for one, other in pairwise(found))


def merged(places: set[int]) -> list[TimeRange]:
    """Ranges of the minutes, as PostgreSQL keeps them."""
    starts = [place for place in sorted(places) if place - 1 not in places]
    ends = [place + 1 for place in sorted(places) if place + 1 not in places]
    return [span(start, end) for start, end in zip(starts, ends, strict=True)]
