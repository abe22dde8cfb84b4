"""Timeframes that pairs are collected at."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain.database import connection
from domain.interval import Interval
from domain.records import Timeframe
from domain.storage.filters import condition
from domain.storage.select import Select

COLUMNS: Final = "t.id, t.interval, t.minutes"
_TIMEFRAMES: Final = Select(COLUMNS, "timeframes AS t", lambda rows: [Timeframe(*row) for row in rows])

_SEED: Final = """
INSERT INTO timeframes (interval, minutes) SELECT * FROM unnest($1::text[], $2::int[])
ON CONFLICT (interval) DO NOTHING
"""


async def seed(intervals: Sequence[Interval]) -> None:
    """Makes the timeframes exist."""
    async with connection() as db:
        await db.execute(_SEED, [item.text for item in intervals], [item.minutes for item in intervals])


async def listed() -> list[Timeframe]:
    """All timeframes, shortest first."""
    return await _TIMEFRAMES.rows([], "ORDER BY t.minutes, t.interval")


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Timeframe]:
    return {row.id: row for row in await _TIMEFRAMES.rows([condition("t.id = ANY({0})", ids)])}
