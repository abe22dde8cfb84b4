"""What is there to do, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.database import connection
from domain.models import PairStatus, SyncKind, SyncStatus
from domain.storage.job_status import OPEN, is_free
from domain.storage.pair_status import status_at


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs by kind and status, active pairs by status, and seconds for which the longest has waited of the due jobs.

    Of jobs that have ended those of the last hour are counted: all would be as many as candles.
    """

    jobs: Mapping[tuple[SyncKind, SyncStatus], int]
    pairs: Mapping[PairStatus, int]
    age_seconds: float


# How old a job may be that has ended and is counted.
_RECENT: Final = timedelta(hours=1)

# Two indexes lead to them, of open jobs and of creation times; a condition that joins both would use neither. A plan
# for any time at all takes a span with two ends for a short one.
_JOBS: Final = f"""
SELECT kind, status, count(*) FROM sync_jobs WHERE status IN {OPEN} GROUP BY kind, status
UNION ALL
SELECT kind, status, count(*) FROM sync_jobs WHERE created_at BETWEEN $1 AND $2 AND status NOT IN {OPEN}
GROUP BY kind, status
"""
_PAIRS: Final = f"""
SELECT {status_at("$1::timestamptz")} AS status, count(*)
FROM coin_exchanges AS p JOIN timeframes AS t ON t.id = p.timeframe_id
WHERE p.is_active GROUP BY 1
"""

# A job that a worker has given back waits from then on, one whose worker is gone from the end of its lease.
_AGE: Final = f"""
SELECT coalesce(max(extract(epoch FROM $1 - greatest(created_at, run_after, leased_until))), 0)::float8
FROM sync_jobs
WHERE status IN {OPEN} AND {is_free("$1")}
"""


async def backlog(now: datetime) -> Backlog:
    """With 0 for what there is none of."""
    async with connection() as db:
        jobs = {(row["kind"], row["status"]): row["count"] for row in await db.fetch(_JOBS, now - _RECENT, now)}
        pairs = {row["status"]: row["count"] for row in await db.fetch(_PAIRS, now)}
        age: float = await db.fetchval(_AGE, now)
    return Backlog(
        {(kind, status): jobs.get((kind, status), 0) for kind in SyncKind for status in SyncStatus},
        {status: pairs.get(status, 0) for status in PairStatus},
        max(0.0, age),
    )
