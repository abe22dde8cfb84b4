"""Which jobs are in the queue, as far as their rows know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.database import connection
from domain.storage.job_status import OPEN, is_free


class Push(NamedTuple):
    """What tells a worker of a job, and to which trace that belongs. `turn` counts how often the job was taken."""

    id: UUID
    turn: int
    traceparent: str | None


_PUSH_DUE: Final = f"""
UPDATE sync_jobs SET pushed_at = $1
WHERE id IN (
    SELECT id FROM sync_jobs
    WHERE status IN {OPEN} AND {is_free("$1")}
        AND (pushed_at IS NULL OR pushed_at <= $2 OR pushed_at <= leased_until)
    ORDER BY run_after NULLS FIRST LIMIT $3
    FOR UPDATE SKIP LOCKED
)
RETURNING id, lease_token, traceparent
"""


async def due(*, now: datetime, unpushed_since: datetime, limit: int) -> list[Push]:
    """Open jobs that no worker holds; marks them as pushed now.

    Those that were last pushed before `unpushed_since`, or before a lease that has run out.
    """
    async with connection() as db:
        return [Push(*row) for row in await db.fetch(_PUSH_DUE, now, unpushed_since, limit)]


_PUSHED: Final = """
UPDATE sync_jobs SET pushed_at = $2
WHERE id IN (SELECT id FROM sync_jobs WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)
RETURNING id, lease_token, traceparent
"""


async def mark_pushed(job_ids: Sequence[UUID], at: datetime | None) -> list[Push]:
    """Remembers that the jobs are in the queue from that time on, or with None that they are not."""
    async with connection() as db:
        return [Push(*row) for row in await db.fetch(_PUSHED, list(job_ids), at)]


_NEXT_TURN: Final = """
UPDATE sync_jobs SET lease_token = lease_token + 1
WHERE id IN (SELECT id FROM sync_jobs WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)
    AND status IN (0, 1) AND (leased_until IS NULL OR leased_until <= pushed_at)
RETURNING id, lease_token, traceparent
"""


async def next_turn(job_ids: Sequence[UUID]) -> list[Push]:
    """Begins another turn of jobs that were pushed last and that nobody holds, as if somebody had taken them."""
    async with connection() as db:
        return [Push(*row) for row in await db.fetch(_NEXT_TURN, list(job_ids))]
