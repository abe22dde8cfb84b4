"""The grid in SQL is the grid of `domain.interval`."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from domain.database import connection
from domain.interval import STANDARD_INTERVALS, Interval, interval
from domain.settings import Settings
from domain.storage import grid

OTHERS = ("1s", "7m", "90m", "5h", "2d", "2w", "2M", "3M", "5M", "6M", "1y", "2y")
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


async def in_every_zone(expression: str, *instants: datetime) -> Sequence[object]:
    """What PostgreSQL makes of it, whatever the time zone of the session."""
    answers = []
    async with connection() as db:
        for zone in ("UTC", "America/New_York", "Asia/Kathmandu"):
            await db.execute(f"SET TIME ZONE '{zone}'")
            row = await db.fetchrow(f"SELECT {expression}", *instants)
            answers.append(tuple(row or ()))
        await db.execute("RESET TIME ZONE")
    assert answers == answers[:1] * 3
    return answers[0]


@pytest.mark.parametrize("step", [*STANDARD_INTERVALS, *map(interval, OTHERS)], ids=str)
@given(at=instants, other=instants)
@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_open_times_are_the_same_on_either_side(
    settings: Settings, step: Interval, at: datetime, other: datetime
) -> None:
    """Rounded down, rounded up, stepped to either side, and counted."""
    start, end = sorted((step.floor(at), step.floor(other)))
    expression = ", ".join(
        [
            grid.floor(step, "$1::timestamptz"),
            grid.ceil(step, "$1::timestamptz"),
            grid.ceil(step, "$2::timestamptz"),
            grid.shift(step, "$2::timestamptz", "-2"),
            grid.slots_between(step, "$2::timestamptz", "$3::timestamptz"),
        ]
    )
    assert list(await in_every_zone(expression, at, start, end)) == [
        step.floor(at),
        step.ceil(at),
        start,
        step.shift(start, -2),
        step.slots_between(start, end),
    ]


@pytest.mark.parametrize("step", ["1m", "1w", "1M", "1y"])
@pytest.mark.parametrize("is_newest_first", [True, False])
async def test_open_times_of_a_stretch(settings: Settings, step: str, is_newest_first: bool) -> None:
    """From its start to before its end, in either order."""
    grid_of = interval(step)
    opens = [grid_of.shift(datetime(2024, 1, 31, tzinfo=UTC), place) for place in range(6)]
    query = grid.series(grid_of, "$1::timestamptz", "$2::timestamptz", is_newest_first=is_newest_first)
    [found] = await in_every_zone(f"ARRAY(SELECT {query})", opens[0], opens[5])
    assert found == (opens[4::-1] if is_newest_first else opens[:5])


@pytest.mark.parametrize("step", STANDARD_INTERVALS, ids=str)
async def test_the_ends_of_time_stay_where_they_are(settings: Settings, step: Interval) -> None:
    """Ranges may be open at either end."""
    async with connection() as db:
        for end in ("infinity", "-infinity"):
            at = f"timestamptz '{end}'"
            assert await db.fetchval(f"SELECT ({grid.floor(step, at)} = {at}) AND ({grid.ceil(step, at)} = {at})")
