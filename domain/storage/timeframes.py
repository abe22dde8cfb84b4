"""Timeframes that pairs are collected at."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain.database import connection
from domain.interval import Interval
from domain.models import Timeframe

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
    return await Timeframe.all().order_by("minutes", "interval")


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Timeframe]:
    return {timeframe.id: timeframe for timeframe in await Timeframe.filter(id__in=list(ids))}
