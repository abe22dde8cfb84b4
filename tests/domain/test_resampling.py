"""Coarser candles that PostgreSQL makes of stored ones."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from domain.database import connection
from domain.interval import interval
from domain.models import Pair
from domain.settings import Settings
from domain.storage import views
from domain.storage.window import Window
from domain.timerange import TimeRange
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

# Of two ways of reading, which one is taken depends on the candles a bucket, so there are steps with few and with many.
STEPS = (
    ("3m", "1m"),
    ("1h", "1m"),
    ("1h", "5m"),
    ("4h", "1h"),
    ("1d", "1h"),
    ("3d", "1d"),
    ("1w", "1d"),
    ("2w", "1w"),
    ("1M", "12h"),
    ("1M", "1d"),
    ("3M", "1M"),
    ("5M", "1M"),
    ("1y", "1M"),
    ("1y", "1d"),
)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


async def opens(history: History, step: str) -> list[datetime]:
    return [
        row.timestamp for row in await Reader(await stored(history, "1m"), view(step, "1m"), LONG_AFTER).read(EVER, 9)
    ]


async def test_a_bucket_sums_up_its_candles(settings: Settings) -> None:
    """First open, highest high, lowest low, last close and the exact sum of volumes, for few candles and for many."""
    candles = [
        candle(after(0), "3 4 2 3.5", "0.10000000000000000001"),
        candle(after(1), "5 9.10 4 6", "0.2"),
        candle(after(2), "6 7 1.0000000001 6.5", "123456789012345678"),
    ]
    history = History(candles, [TimeRange(after(0), after(60))], after(60))
    pair = await stored(history, "1m")

    for step in ("3m", "1h"):
        [bucket] = await Reader(pair, view(step, "1m"), history.now).read(EVER, 9)
        assert (bucket.open, bucket.high, bucket.low, bucket.close) == ("3", "9.10", "1.0000000001", "6.5")
        assert bucket.volume == "123456789012345678.30000000000000000001"
        assert (bucket.timestamp, bucket.is_complete, bucket.is_filled) == (NOON, True, False)


@pytest.mark.parametrize(
    ("step", "opened"),
    [
        ("1h", "2024-02-29T23"),
        ("1d", "2024-02-29"),
        ("3d", "2024-02-29"),
        ("5d", "2024-02-27"),
        ("1w", "2024-02-26"),
        ("1M", "2024-02-01"),
        ("3M", "2024-01-01"),
        ("1y", "2024-01-01"),
    ],
)
async def test_buckets_open_on_the_grid_of_their_interval(settings: Settings, step: str, opened: str) -> None:
    """Days of UTC, weeks from Monday, months, quarters and years of the calendar, other lengths from 1970."""
    history = History([candle(datetime(2024, 2, 29, 23, 59, tzinfo=UTC))], [], LONG_AFTER)
    assert await opens(history, step) == [datetime.fromisoformat(opened).replace(tzinfo=UTC)]


@pytest.mark.parametrize("step", ["3m", "30m"])
async def test_slots_without_a_candle_make_no_bucket(settings: Settings, step: str) -> None:
    """Covered or not."""
    history = History([candle(NOON), candle(after(90))], [TimeRange(NOON, after(200))], LONG_AFTER)
    assert await opens(history, step) == [NOON, after(90)]


@pytest.mark.parametrize("step", ["5m", "15m"])
async def test_a_range_selects_buckets_by_open_time_and_clips_none(settings: Settings, step: str) -> None:
    """What begins before it is out, what ends after it is whole."""
    history = History([candle(after(minute)) for minute in range(45)], [], LONG_AFTER)
    length = interval(step).minutes
    within = TimeRange(after(1), after(length * 2 + 1))

    found = await Reader(await stored(history, "1m"), view(step, "1m"), LONG_AFTER).read(within, 9)
    assert [(row.timestamp, row.volume) for row in found] == [
        (after(length), str(length)),
        (after(length * 2), str(length)),
    ]


@pytest.mark.parametrize("step", ["5m", "15m"])
async def test_the_last_bucket_is_served_unfinished(settings: Settings, step: str) -> None:
    """Incomplete until it has closed and all of it is covered."""
    length = interval(step).minutes
    pair = await stored(History([candle(NOON)], [TimeRange(NOON, after(length))], NOON), "1m")

    for now, is_complete in [(after(length) - timedelta(seconds=1), False), (after(length), True)]:
        [bucket] = await Reader(pair, view(step, "1m"), now).read(EVER, 9)
        assert bucket.is_complete is is_complete


@pytest.mark.parametrize("step", ["5m", "15m"])
async def test_a_bucket_with_an_uncovered_minute_is_incomplete(settings: Settings, step: str) -> None:
    """Wherever the minute lies, and though candles lie beside it."""
    length = interval(step).minutes
    for missing in (0, 2, length - 1):
        covered = TimeRange(NOON, after(length)).without(TimeRange(after(missing), after(missing + 1)))
        history = History([candle(after(1)), candle(after(3))], covered, LONG_AFTER)
        [bucket] = await Reader(await stored(history, "1m"), view(step, "1m"), LONG_AFTER).read(EVER, 9)
        assert not bucket.is_complete


async def test_a_candle_off_the_grid_counts_where_it_opens(settings: Settings) -> None:
    """As after an outage, when an exchange starts anew two hours late."""
    candles = [candle(after(0), volume="1"), candle(after(6 * 60), volume="2"), candle(after(14 * 60), volume="4")]
    pair = await stored(History(candles, [], LONG_AFTER), "4h")

    found = await Reader(pair, view("12h", "4h"), LONG_AFTER).read(EVER, 9)
    assert [(row.timestamp, row.volume) for row in found] == [(NOON, "3"), (after(12 * 60), "4")]


@pytest.mark.parametrize(("step", "at"), STEPS)
@given(data=st.data(), limit=st.integers(0, 12))
@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_buckets_are_those_of_the_definition(
    settings: Settings, step: str, at: str, data: st.DataObject, limit: int
) -> None:
    """In both directions, cut at any limit, page by page, counted and asked for: every bucket once."""
    history = data.draw(histories(interval(at), SLOTS))
    await agrees(history, view(step, at), data.draw(ranges(interval(at), SLOTS)), limit)


@pytest.mark.parametrize(("step", "most"), [("1d", 3 * 24 + 2 * 4), ("4h", 3 * 4 + 2)])
@pytest.mark.parametrize("is_newest", [True, False])
async def test_no_more_is_read_than_the_page_needs(settings: Settings, step: str, most: int, is_newest: bool) -> None:
    """Three buckets out of years of candles with a hole of years cost the candles of three buckets."""
    await stored(History([], [], LONG_AFTER), "1h")
    hours = [*range(24), *range(40_000, 50_000), *range(90_000, 90_024)]
    async with connection() as db:
        await db.execute(_HOURS, hours)
        window = Window("1", "'-infinity'::timestamptz", "'infinity'::timestamptz", "3", "now()")
        query = views.rows(view(step, "1h"), window, is_newest=is_newest)
        [plan] = json.loads(await db.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}"))

    assert sum(_candles_read(plan["Plan"])) <= most


_HOURS = """
INSERT INTO candles SELECT 1, '2000-01-01Z'::timestamptz + hour * interval '1 hour', 1, 1, 1, 1, 1
FROM unnest($1::int[]) AS hour
"""


def _candles_read(node: Mapping[str, Any]) -> Iterator[float]:
    if node.get("Relation Name") == "candles":
        yield (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    for part in node.get("Plans", ()):
        yield from _candles_read(part)


async def test_a_pair_that_is_gone_has_no_rows(settings: Settings) -> None:
    """It has left nothing behind that could be read."""
    pair = await stored(History([candle(NOON)], [], LONG_AFTER), "1m")
    await Pair.filter(id=pair.id).delete()
    assert await Reader(pair, view("1h", "1m"), LONG_AFTER).read(EVER, 9) == []
