"""Empty slots that PostgreSQL fills with the close before them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from domain.interval import interval
from domain.settings import Settings
from domain.timerange import TimeRange
from domain.view import ViewedCandle
from tests.domain.test_resampling import STEPS
from tests.domain.viewed import (
    EVER,
    LONG_AFTER,
    SLOTS,
    History,
    Reader,
    agrees,
    candle,
    histories,
    ranges,
    stored,
    view,
)

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def covered(*edges: int) -> list[TimeRange]:
    """Ranges between every other pair of minutes."""
    return [TimeRange(after(start), after(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


async def reader(history: History, step: str = "1m", at: str = "1m") -> Reader:
    return Reader(await stored(history, at), view(step, at, is_filled=True), history.now)


def marks(rows: list[ViewedCandle]) -> str:
    """A minute a character: o for a candle, - for a filled slot, a blank for nothing."""
    shown = {row.timestamp: "-" if row.is_filled else "o" for row in rows}
    return "".join(shown.get(after(minute), " ") for minute in range(20)).rstrip()


async def test_a_filled_slot_repeats_the_close_before_it(settings: Settings) -> None:
    """Flat, without volume, and said to be filled; what is stored stays as it is."""
    history = History([candle(after(0)), candle(after(3), "2 3 1 1.50")], covered(0, 5), LONG_AFTER)
    rows = await (await reader(history)).read(EVER, 9)

    assert marks(rows) == "o--o-"
    assert [(row.open, row.high, row.low, row.close, row.volume) for row in rows[1:3]] == [
        ("6", "6", "6", "6", "0")
    ] * 2
    assert rows[4].open == rows[4].close == "1.50"
    assert [row.is_complete for row in rows] == [True] * 5


async def test_the_close_may_lie_before_the_range(settings: Settings) -> None:
    """However far, with a gap in between, and though the page holds no candle at all."""
    history = History([candle(after(0))], covered(0, 2, 8, 12), LONG_AFTER)
    rows = await (await reader(history)).read(TimeRange(after(9), after(11)), 9)
    assert [(row.timestamp, row.close) for row in rows] == [(after(9), "6"), (after(10), "6")]


async def test_nothing_is_filled_before_the_first_candle(settings: Settings) -> None:
    """There is no close that could be repeated; nor is there one without any candle."""
    assert marks(await (await reader(History([candle(after(3))], covered(0, 6), LONG_AFTER))).read(EVER, 9)) == "   o--"
    assert await (await reader(History([], covered(0, 6), LONG_AFTER))).read(EVER, 9) == []


async def test_nothing_is_filled_outside_the_covered_ranges(settings: Settings) -> None:
    """What was never asked for may have been traded; candles that lie there are shown."""
    history = History([candle(after(1)), candle(after(6))], covered(0, 3, 8, 10), LONG_AFTER)
    assert marks(await (await reader(history)).read(EVER, 9)) == " o-   o --"


async def test_a_slot_is_filled_once_it_has_closed(settings: Settings) -> None:
    """Even where the ledger is ahead of the clock."""
    history = History([candle(after(0))], covered(0, 9), after(3) + timedelta(seconds=59))
    assert marks(await (await reader(history)).read(EVER, 9)) == "o--"


async def test_limits_count_filled_slots(settings: Settings) -> None:
    """From either end, and 0 is none."""
    reads = await reader(History([candle(after(0)), candle(after(5))], covered(0, 9), LONG_AFTER))
    assert marks(await reads.read(EVER, 3)) == "o--"
    assert marks(await reads.read(EVER, 5, is_newest=True)) == "    -o---"
    assert await reads.read(EVER, 0) == []


@pytest.mark.parametrize("step", ["5m", "15m"])
async def test_an_empty_bucket_is_filled_where_all_of_it_is_covered(settings: Settings, step: str) -> None:
    """A bucket that is covered in part might have had a trade; one with a candle is not filled, only incomplete."""
    length = interval(step).minutes
    known = covered(0, length * 3 - 1, length * 3, length * 5 - 1)
    history = History([candle(after(length - 1)), candle(after(length * 4))], known, LONG_AFTER)

    rows = await (await reader(history, step)).read(EVER, 9)
    assert [((row.timestamp - NOON) // timedelta(minutes=length), row.is_filled, row.is_complete) for row in rows] == [
        (0, False, True),
        (1, True, True),
        (3, True, True),
        (4, False, False),
    ]


async def test_a_candle_off_the_grid_takes_the_slot_that_it_opens_in(settings: Settings) -> None:
    """Also where the range ends between the two."""
    hours = [TimeRange(NOON, after(16 * 60))]
    history = History([candle(after(0)), candle(after(10 * 60))], hours, LONG_AFTER)
    reads = await reader(history, "4h", "4h")

    def hours_and_fills(rows: list[ViewedCandle]) -> list[tuple[float, bool]]:
        return [((row.timestamp - NOON) / timedelta(hours=1), row.is_filled) for row in rows]

    assert hours_and_fills(await reads.read(EVER, 9)) == [(0, False), (4, True), (10, False), (12, True)]
    until_nine = TimeRange(NOON, after(9 * 60))
    assert hours_and_fills(await reads.read(until_nine, 9)) == [(0, False), (4, True)]
    assert hours_and_fills(await reads.read(until_nine, 1, is_newest=True)) == [(4, True)]
    assert await reads.count(until_nine) == 2
    assert await reads.exist(TimeRange(after(8 * 60), after(9 * 60)), TimeRange(after(9 * 60), after(11 * 60))) == (
        False,
        True,
    )


@pytest.mark.parametrize(("step", "at"), [*STEPS, ("1m", "1m"), ("4h", "4h"), ("3d", "3d"), ("1w", "1w"), ("1M", "1M")])
@given(data=st.data(), limit=st.integers(0, 12))
@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_filled_rows_are_those_of_the_definition(
    settings: Settings, step: str, at: str, data: st.DataObject, limit: int
) -> None:
    """In both directions, cut at any limit, page by page, counted and asked for: every candle and slot once."""
    history = data.draw(histories(interval(at), SLOTS))
    await agrees(history, view(step, at, is_filled=True), data.draw(ranges(interval(at), SLOTS)), limit)
