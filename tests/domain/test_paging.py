"""Which candles a page holds, without any candle."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInputError
from domain.paging import DEFAULT_CANDLES, PageRequest, plan, plan_series
from domain.timerange import TimeRange

START = datetime(2024, 3, 1, tzinfo=UTC)
MAX = 10_000


def minute(place: int) -> datetime:
    return START + timedelta(minutes=place)


def test_without_anything_the_newest_are_read() -> None:
    """Of all time, with nothing around."""
    reading = plan(PageRequest(), MAX)

    assert (reading.limit, reading.is_newest, reading.must_fit) == (DEFAULT_CANDLES, True, False)
    assert (reading.earlier, reading.later) == (None, None)


def test_a_small_page_bounds_the_usual_count() -> None:
    """An installation may allow fewer candles than are usual."""
    assert plan(PageRequest(), 100).limit == 100
    assert plan_series(None, None, None, 100).limit == 100


def test_cursors_cut_the_window_out_of_the_list() -> None:
    """What they cut off lies around it: `after` belongs to the earlier part, `before` to the later one."""
    reading = plan(PageRequest(minute(0), minute(9), first=5, after=minute(2), before=minute(6)), MAX)
    behind = minute(2) + timedelta(microseconds=1)

    assert reading.window == TimeRange(behind, minute(6))
    assert reading.earlier == TimeRange(minute(0), behind)
    assert reading.later == TimeRange(minute(6), minute(9))


def test_a_page_is_cut_from_the_right_end() -> None:
    """The row that was read too much is the newest of the oldest, or the oldest of the newest."""
    rows = [1, 2, 3]
    first = plan(PageRequest(first=2), MAX).page(rows)
    last = plan(PageRequest(last=2), MAX).page(rows)

    assert (first.rows, first.neighbours(earlier=False, later=False)) == ([1, 2], (False, True))
    assert (last.rows, last.neighbours(earlier=False, later=False)) == ([2, 3], (True, False))


def test_only_what_is_unknown_is_looked_up() -> None:
    """A side on which a row was read too much is known, and so is one that the list does not have."""
    first = plan(PageRequest(minute(0), minute(9), first=1, after=minute(2), before=minute(6)), MAX)

    assert first.page([1, 2]).unsettled == (first.earlier, None)
    assert first.page([1]).unsettled == (first.earlier, first.later)
    assert plan(PageRequest(first=1), MAX).page([1]).unsettled == (None, None)


@pytest.mark.parametrize(
    "request_",
    [
        PageRequest(first=1, last=1),
        PageRequest(first=-1),
        PageRequest(last=-1),
        PageRequest(first=MAX + 1),
        PageRequest(start=minute(1), end=minute(0)),
    ],
)
def test_contradictions_are_refused(request_: PageRequest) -> None:
    """Before anything is read."""
    with pytest.raises(BadInputError):
        plan(request_, MAX)


def test_a_range_without_a_count_must_fit() -> None:
    """It is refused when one more row than a page was there."""
    reading = plan(PageRequest(start=minute(0)), 2)

    assert reading.page([1, 2]).rows == [1, 2]
    with pytest.raises(BadInputError, match="first"):
        reading.page([1, 2, 3])


def test_a_series_counts_from_its_start_or_back_from_its_end() -> None:
    """And names its own argument where the count is wrong."""
    assert plan_series(minute(0), None, 5, MAX).is_newest is False
    assert plan_series(None, minute(9), 5, MAX).is_newest is True
    with pytest.raises(BadInputError, match="limit"):
        plan_series(None, None, MAX + 1, MAX)


PLACES = st.none() | st.integers(min_value=0, max_value=20)


@given(
    rows=st.sets(st.integers(min_value=0, max_value=20)),
    bounds=st.tuples(PLACES, PLACES),
    cursors=st.tuples(PLACES, PLACES),
    count=st.integers(min_value=0, max_value=5),
    goes_back=st.booleans(),
)
def test_pages_agree_with_what_they_are_defined_by(
    rows: set[int],
    bounds: tuple[int | None, int | None],
    cursors: tuple[int | None, int | None],
    count: int,
    goes_back: bool,
) -> None:
    """Slicing a list of all candles, as the words of the contract say, gives the same page and the same pageInfo."""
    start, end = bounds if None in bounds else (min(*bounds), max(*bounds))  # type: ignore[type-var]
    after, before = cursors
    listed = [row for row in sorted(rows) if (start is None or row >= start) and (end is None or row < end)]
    window = [row for row in listed if (after is None or row > after) and (before is None or row < before)]
    expected = window[len(window) - min(count, len(window)) :] if goes_back else window[:count]
    request = PageRequest(
        start=None if start is None else minute(start),
        end=None if end is None else minute(end),
        first=None if goes_back else count,
        last=count if goes_back else None,
        after=None if after is None else minute(after),
        before=None if before is None else minute(before),
    )
    reading = plan(request, MAX)

    def held(part: TimeRange | None) -> list[int]:
        return [row for row in sorted(rows) if part and part.start <= minute(row) < part.end]

    inside = held(reading.window)
    read = inside[-count - 1 :] if reading.is_newest else inside[: count + 1]
    page = reading.page(read)
    earlier, later = page.unsettled

    assert page.rows == expected
    has_previous, has_next = page.neighbours(earlier=bool(held(earlier)), later=bool(held(later)))
    if expected:
        assert (has_previous, has_next) == (listed[0] < expected[0], listed[-1] > expected[-1])
