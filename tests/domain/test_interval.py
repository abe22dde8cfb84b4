"""The grid of every CCXT interval: days of UTC, weeks from Monday, months of the calendar."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInputError
from domain.interval import STANDARD_INTERVALS, Interval, interval

EVERY_CCXT_UNIT = ("1s", "10s", "3m", "7m", "90m", "5h", "2d", "2w", "3M", "6M", "1y")
intervals = st.sampled_from([*STANDARD_INTERVALS, *map(interval, EVERY_CCXT_UNIT)])
instants = st.datetimes(datetime(1970, 1, 5), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(intervals, instants)
def test_an_instant_lies_in_the_slot_that_floor_and_next_enclose(step: Interval, at: datetime) -> None:
    """floor(t) <= t < next(t), and nothing on the grid lies between."""
    assert step.floor(at) <= at < step.next(at)
    assert step.next(step.floor(at)) == step.next(at)


@given(intervals, instants)
def test_floor_is_a_fixed_point(step: Interval, at: datetime) -> None:
    """What lies on the grid stays where it is."""
    assert step.floor(step.floor(at)) == step.ceil(step.floor(at)) == step.floor(at)


@given(intervals, st.integers(0, 3_000))
def test_slots_are_numbered_by_their_open_times(step: Interval, slot: int) -> None:
    """Number and open time are each other's inverse, up to the last microsecond of the slot."""
    assert step.slot(step.opens(slot)) == slot
    assert step.slot(step.opens(slot + 1) - timedelta(microseconds=1)) == slot


@given(intervals, instants, st.integers(0, 500))
def test_counting_is_walking(step: Interval, at: datetime, slots: int) -> None:
    """As many slots open in a range as steps lead through it."""
    start = step.floor(at)
    assert step.slots_between(start, step.shift(start, slots)) == slots


@given(intervals, instants, instants)
def test_a_range_is_as_long_as_its_parts(step: Interval, one: datetime, other: datetime) -> None:
    """Splitting a half-open range anywhere loses and doubles no slot."""
    start, end = sorted((one, other))
    middle = start + (end - start) / 3
    whole = step.slots_between(start, end)
    assert whole == step.slots_between(start, middle) + step.slots_between(middle, end)


@given(instants)
def test_weeks_start_on_monday(at: datetime) -> None:
    """A week opens on Monday 00:00 UTC."""
    opened = interval("1w").floor(at)
    assert (opened.weekday(), opened.hour, opened.minute) == (0, 0, 0)


@given(instants)
def test_months_are_those_of_the_calendar(at: datetime) -> None:
    """A month opens on its first day, however long it is."""
    assert interval("1M").floor(at) == datetime(at.year, at.month, 1, tzinfo=UTC)
    assert interval("3M").floor(at).month in {1, 4, 7, 10}


@given(intervals, intervals, instants)
def test_an_interval_divides_another_when_every_boundary_is_shared(
    fine: Interval, coarse: Interval, at: datetime
) -> None:
    """Where one divides the other, each coarse open time is also a fine one."""
    if fine.divides(coarse):
        assert fine.floor(coarse.floor(at)) == coarse.floor(at)


@pytest.mark.parametrize(
    ("fine", "coarse", "divides"),
    [
        ("1m", "1h", True),
        ("7m", "1h", False),
        ("1d", "1w", True),
        ("3d", "1w", False),
        ("1d", "1M", True),
        ("1w", "1M", False),
        ("1M", "1y", True),
        ("5h", "1M", False),
        ("1h", "1m", False),
        ("1M", "1w", False),
    ],
)
def test_what_divides_what(fine: str, coarse: str, *, divides: bool) -> None:
    """Resampling is possible exactly where whole slots fit."""
    assert interval(fine).divides(interval(coarse)) is divides


@pytest.mark.parametrize("text", ["", "m", "0m", "1", "1x", "-1m", "1.5h", "1 m", "01m", "1m\n", "99999m", "१m", "1M1"])
def test_what_is_no_interval_is_refused_in_words(text: str) -> None:
    """The message shows what was given and what would do."""
    with pytest.raises(BadInputError, match="write it like 1m"):
        Interval.parse(text)


@pytest.mark.parametrize("text", ["101y", "9999M", "9999w"])
def test_no_interval_is_longer_than_a_century(text: str) -> None:
    """Their slots would open before PostgreSQL's first instant."""
    assert Interval.parse("100y").months == 1_200
    with pytest.raises(BadInputError, match="too long"):
        Interval.parse(text)


def test_nominal_minutes_count_a_month_as_thirty_days() -> None:
    """As the contract says."""
    assert [interval(text).minutes for text in ("1m", "1h", "1w", "1M")] == [1, 60, 10_080, 43_200]
