"""The way through what is missing: every slot is asked for once, unless its answer left it open."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.interval import interval
from domain.timerange import TimeRange
from domain.walk import Walk

START = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE = interval("1m")


def minutes(start: int, end: int) -> TimeRange:
    return TimeRange(START + timedelta(minutes=start), START + timedelta(minutes=end))


def walk(*ranges: TimeRange, limit: int = 10, goes_back: bool = False) -> Walk:
    return Walk(ranges, MINUTE, limit=limit, goes_back=goes_back)


def test_windows_are_at_most_a_page_long() -> None:
    """Forward walks begin with the oldest part."""
    way = walk(minutes(0, 25))
    assert [way.take(), way.take(), way.take(), way.take()] == [minutes(0, 10), minutes(10, 20), minutes(20, 25), None]


def test_gaps_that_fit_into_a_page_are_asked_for_together() -> None:
    """A request for what lies between them, too, is cheaper than one more request."""
    way = walk(minutes(0, 2), minutes(5, 6), minutes(9, 14), minutes(30, 31))
    window = way.take()
    assert window == minutes(0, 10)
    assert way.settle(window, minutes(0, 10)) == [minutes(0, 2), minutes(5, 6), minutes(9, 10)]
    assert [way.take(), way.take(), way.take()] == [minutes(10, 14), minutes(30, 31), None]


def test_a_backward_walk_begins_with_the_newest_part() -> None:
    """People look at the newest candles first."""
    way = walk(minutes(0, 25), goes_back=True)
    assert [way.take(), way.take(), way.take()] == [minutes(15, 25), minutes(5, 15), minutes(0, 5)]


def test_what_was_not_settled_is_handed_out_again() -> None:
    """An answer that stops short leaves the rest to be asked for."""
    way = walk(minutes(0, 10))
    window = way.take()
    assert window
    way.settle(window, minutes(0, 4))
    assert way.take() == minutes(4, 10)


def test_nothing_earlier_than_the_listing_is_asked_for() -> None:
    """What an exchange does not serve is dropped."""
    way = walk(minutes(0, 25))
    way.drop_before(START + timedelta(minutes=20))
    assert (way.take(), way.take()) == (minutes(20, 25), None)


def test_the_frontier_is_held_back_by_what_is_still_open() -> None:
    """A later window that came home first does not hide an earlier one."""
    way = walk(minutes(0, 20))
    first, second = way.take(), way.take()
    assert first
    assert second
    way.settle(second, second)
    assert way.frontier == START
    way.settle(first, first)
    assert way.frontier is None
    assert way.is_done


@given(
    st.lists(st.integers(0, 200), min_size=2, max_size=12, unique=True), st.integers(1, 50), st.booleans(), st.data()
)
def test_every_slot_is_settled_once(edges: list[int], limit: int, goes_back: bool, data: st.DataObject) -> None:
    """Whatever parts answers settle, the walk ends and has covered exactly what it set out to."""
    ordered = sorted(edges)
    ranges = [minutes(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=False)]
    way = walk(*ranges, limit=limit, goes_back=goes_back)
    settled: list[TimeRange] = []
    while window := way.take():
        slots = MINUTE.slots_between(window.start, window.end)
        assert slots <= limit
        end = MINUTE.shift(window.start, data.draw(st.integers(1, slots)))
        settled += way.settle(window, TimeRange(window.start, end))
    assert way.is_done
    assert sum(item.seconds for item in settled) == sum(item.seconds for item in ranges)
