"""Jobs and pairs that wait for something that does not come, and how they are set going again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain.database import connection
from domain.storage.job_status import OPEN, is_free

# How long a job that is due may wait for a push, and beyond its lease for another worker: the sweep comes every two
# seconds and makes up for both.
PUSH_PATIENCE: Final = timedelta(minutes=1)

# No lease is longer than some seconds, no pause longer than an exchange's ban of three days; beyond these a clock was
# wrong.
LONGEST_LEASE: Final = timedelta(minutes=10)
LONGEST_PAUSE: Final = timedelta(days=4)

# How long a pair may wait for its FORWARD beyond the candle that it waits for: a refusal puts it off by ten minutes.
SCHEDULE_PATIENCE: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class StuckJob:
    """`reason` completes the sentence that begins with the pair and the job's kind."""

    id: UUID
    pair: str
    reason: str


_REASON: Final = """
CASE
    WHEN leased_until > $3 THEN 'is held until ' || leased_until || ', longer than any worker holds a job'
    WHEN run_after > $4 THEN 'is put off until ' || run_after || ', longer than anything is put off'
    WHEN leased_until <= $2 THEN 'was in the hands of a worker that has been gone since ' || leased_until
    ELSE 'has been due since ' || greatest(j.created_at, run_after) || ' and no worker was told'
END
"""
_STUCK: Final = f"""
SELECT j.id, concat_ws(' ', e.name, p.symbol, t.interval) AS pair, {_REASON} AS reason
FROM sync_jobs AS j
JOIN coin_exchanges AS p ON p.id = j.pair_id
JOIN exchanges AS e ON e.id = p.exchange_id
JOIN timeframes AS t ON t.id = p.timeframe_id
WHERE j.status IN {OPEN} AND (
    leased_until > $3 OR run_after > $4
    OR {is_free("$2")}
        AND (pushed_at IS NULL OR pushed_at <= $2 OR pushed_at > $1::timestamptz + interval '1 minute')
        AND j.created_at <= $2
)
ORDER BY j.created_at
"""


async def jobs(now: datetime) -> list[StuckJob]:
    """Open jobs that nothing will ever come back to, the oldest first."""
    async with connection() as db:
        rows = await db.fetch(_STUCK, now, now - PUSH_PATIENCE, now + LONGEST_LEASE, now + LONGEST_PAUSE)
    return [StuckJob(*row) for row in rows]


_RELEASE: Final = f"""
UPDATE sync_jobs SET leased_until = NULL, run_after = NULL, pushed_at = NULL, updated_at = $2
WHERE id = ANY($1::uuid[]) AND status IN {OPEN}
"""


async def release(job_ids: Sequence[UUID], now: datetime) -> None:
    """Makes the jobs free for the taking. Whoever held one writes nothing any more once another has taken it."""
    async with connection() as db:
        await db.execute(_RELEASE, list(job_ids), now)


_UNSCHEDULED: Final = f"""
SELECT p.id, concat_ws(' ', e.name, p.symbol, t.interval) AS pair
FROM coin_exchanges AS p
JOIN exchanges AS e ON e.id = p.exchange_id
JOIN timeframes AS t ON t.id = p.timeframe_id
WHERE p.is_active AND e.is_active AND e.is_configured AND (
    p.due_at IS NULL OR p.due_at < $1::timestamptz - $2::interval
    OR p.due_at > $1::timestamptz + $2::interval + 2 * make_interval(mins => t.minutes)
) AND NOT EXISTS (SELECT FROM sync_jobs AS j WHERE j.pair_id = p.id AND j.status IN {OPEN})
ORDER BY 2
"""


async def unscheduled(now: datetime) -> list[tuple[UUID, str]]:
    """Active pairs without an open job whose next one is overdue, or due much later than their next candle closes."""
    async with connection() as db:
        return [(row["id"], row["pair"]) for row in await db.fetch(_UNSCHEDULED, now, SCHEDULE_PATIENCE)]


async def schedule(pair_ids: Sequence[UUID], now: datetime) -> None:
    """Makes the pairs due."""
    async with connection() as db:
        await db.execute("UPDATE coin_exchanges SET due_at = $2 WHERE id = ANY($1::uuid[])", list(pair_ids), now)


_FREE: Final = f"""
UPDATE sync_jobs SET leased_until = NULL, run_after = NULL, pushed_at = NULL, updated_at = $1
WHERE id IN (
    SELECT id FROM sync_jobs
    WHERE status IN {OPEN}
        AND (leased_until > $2 OR run_after > $3 OR pushed_at > greatest($1, run_after) + interval '1 minute')
    FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
_MAKE_DUE: Final = """
UPDATE coin_exchanges SET due_at = $1
WHERE id IN (
    SELECT p.id FROM coin_exchanges AS p JOIN timeframes AS t ON t.id = p.timeframe_id
    WHERE p.is_active AND p.due_at > $1::timestamptz + $2::interval + 2 * make_interval(mins => t.minutes)
    FOR NO KEY UPDATE OF p SKIP LOCKED
)
"""


async def set_going(now: datetime) -> list[UUID]:
    """Frees jobs and makes pairs due that wait for a time which only a wrong clock can have named; the jobs.

    What somebody is writing at that moment is left to the next time.
    """
    async with connection() as db:
        freed = await db.fetch(_FREE, now, now + LONGEST_LEASE, now + LONGEST_PAUSE)
        await db.execute(_MAKE_DUE, now, SCHEDULE_PATIENCE)
    return [row["id"] for row in freed]
