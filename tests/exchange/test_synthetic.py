"""The sandbox's market: exact, repeatable and the same at every interval."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.candle import Row
from domain.clock import EPOCH, milliseconds
from domain.interval import STANDARD_INTERVALS, Interval, interval
from ops.sandbox.listing import LISTINGS, Listing
from ops.sandbox.series import Window
from ops.sandbox.synthetic import SyntheticMarket

NOW = datetime(2025, 11, 22, 16, 20, 31, tzinfo=UTC)
MINUTE = interval("1m")

# From before the first listing to the day before NOW.
instants = st.integers(1_609_459_200, 1_763_769_600).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
listings = st.sampled_from(LISTINGS)
intervals = st.sampled_from(STANDARD_INTERVALS)
short_intervals = st.sampled_from([one for one in STANDARD_INTERVALS if one.minutes <= 1_440])


def rows_between(
    listing: Listing, length: Interval, start: datetime, end: datetime, now: datetime = NOW
) -> Sequence[Row]:
    window = Window(listing.symbol.name, length, milliseconds(start), milliseconds(end), limit=50_000)
    return SyntheticMarket(lambda: now).rows(window)


def folded(rows: Sequence[Row]) -> tuple[str, Decimal, Decimal, str, Decimal]:
    """Open, high, low, close and volume of consecutive rows."""
    highs, lows, volumes = ([Decimal(row[column]) for row in rows] for column in (2, 3, 5))
    return rows[0][1], max(highs), min(lows), rows[-1][4], sum(volumes, Decimal(0))


def numbers(row: Row) -> tuple[str, Decimal, Decimal, str, Decimal]:
    return folded([row])


@settings(max_examples=40, deadline=None)
@given(listings, short_intervals, instants)
def test_a_candle_is_what_its_minutes_fold_to(listing: Listing, length: Interval, at: datetime) -> None:
    """A candle of any interval up to a day has exactly the open, high, low, close and volume of its minutes."""
    start = length.floor(at)
    whole = rows_between(listing, length, start, length.next(start))
    minutes = rows_between(listing, MINUTE, start, length.next(start))

    assert [numbers(row) for row in whole] == ([folded(minutes)] if minutes else [])


@settings(max_examples=40, deadline=None)
@given(listings, st.sampled_from([interval("3d"), interval("1w"), interval("1M")]), instants)
def test_a_long_candle_is_what_its_days_fold_to(listing: Listing, length: Interval, at: datetime) -> None:
    """Candles of three days, weeks from Monday and calendar months fold from their days."""
    start = length.floor(at)
    whole = rows_between(listing, length, start, length.next(start))
    days = rows_between(listing, interval("1d"), start, length.next(start))

    assert [numbers(row) for row in whole] == ([folded(days)] if days else [])


@settings(max_examples=40, deadline=None)
@given(listings, intervals, st.integers(0, 40 * 86_400_000))
def test_the_forming_candle_holds_what_has_happened(listing: Listing, length: Interval, age_ms: int) -> None:
    """The last candle folds from the closed minutes since its open and the minute under way."""
    now = NOW - timedelta(milliseconds=age_ms)
    start = length.floor(now)
    forming = rows_between(listing, length, start, now + timedelta(days=1), now)
    minutes = rows_between(listing, MINUTE, start, now + timedelta(days=1), now)

    assert [numbers(row) for row in forming] == ([folded(minutes)] if minutes else [])


@settings(max_examples=40, deadline=None)
@given(listings, intervals, instants, st.integers(1, 500))
def test_rows_are_sound(listing: Listing, length: Interval, start: datetime, count: int) -> None:
    """Rows ascend on the grid, low <= open, close <= high, and what moved was traded."""
    end = min(start + count * length.length, start + timedelta(days=3))
    rows = rows_between(listing, length, start, end)

    assert all(here[0] < there[0] for here, there in pairwise(rows))
    for opens, *texts in rows:
        opened, high, low, close, volume = map(Decimal, texts)
        at = EPOCH + timedelta(milliseconds=opens)
        assert start <= at < end
        assert at == length.floor(at)
        assert 0 < low <= min(opened, close) <= max(opened, close) <= high
        assert volume > 0 or low == high


@given(listings, intervals, instants, st.integers(1, 200), st.integers(1, 200), st.booleans())
@settings(max_examples=40, deadline=None)
def test_pages_are_pieces_of_one_history(
    listing: Listing, length: Interval, start: datetime, slots: int, limit: int, newest: bool
) -> None:
    """A limited window gives the oldest or newest rows of the unlimited one, from either of two markets."""
    end = start + slots * length.length
    everything = rows_between(listing, length, start, end)
    window = Window(listing.symbol.name, length, milliseconds(start), milliseconds(end), limit, newest)

    page = SyntheticMarket(lambda: NOW).rows(window)

    assert page == (everything[-limit:] if newest else everything[:limit])


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.symbol.name)
def test_history_begins_at_the_listing(listing: Listing) -> None:
    """The first minute is that of the listing, and a delisted symbol has none from then on."""
    first = rows_between(listing, MINUTE, listing.listed - timedelta(days=1), listing.listed + timedelta(hours=1))
    assert first[0][0] == milliseconds(listing.listed)

    if listing.delisted:
        last = rows_between(listing, MINUTE, listing.delisted - timedelta(hours=1), NOW)
        assert last[-1][0] == milliseconds(listing.delisted) - 60_000


def test_a_month_has_its_troubles() -> None:
    """Any 64 days hold an outage of at least 20 minutes, minutes without a trade, and no other hole."""
    rows = rows_between(LISTINGS[7], MINUTE, NOW - timedelta(days=64), NOW)
    holes = [there[0] - here[0] for here, there in pairwise(rows) if there[0] - here[0] != 60_000]

    assert holes
    assert all(20 * 60_000 < hole <= 301 * 60_000 for hole in holes)
    assert len(holes) <= 3
    assert any(Decimal(row[5]) == 0 and row[1:5] == (row[4],) * 4 for row in rows)


def test_prices_are_continuous() -> None:
    """Every minute opens at the close of the one before, through outages as well."""
    rows = rows_between(LISTINGS[0], MINUTE, NOW - timedelta(days=3), NOW)

    assert all(here[4] == there[1] for here, there in pairwise(rows))


def test_an_unknown_symbol_has_no_rows() -> None:
    """The market answers nothing for what it does not list."""
    window = Window("XYZ/USDT", MINUTE, 0, milliseconds(NOW), 10)

    assert not SyntheticMarket(lambda: NOW).rows(window)


def test_the_forming_minute_grows() -> None:
    """Seconds later the forming minute has more volume, and its range has not shrunk."""
    first, later = (
        rows_between(LISTINGS[0], MINUTE, MINUTE.floor(NOW), NOW, NOW + timedelta(seconds=seconds))[0]
        for seconds in (0, 20)
    )

    assert Decimal(later[5]) > Decimal(first[5])
    assert Decimal(later[2]) >= Decimal(first[2])
    assert Decimal(later[3]) <= Decimal(first[3])
    assert later[1] == first[1]
