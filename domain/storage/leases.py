"""What a worker may do to a job that it leased.

Every write carries the lease's token, so a worker that was frozen past its lease writes nothing. Whoever locks a job
and its pair locks the job first, or two of them could wait for each other.
"""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.database import connection
from domain.interval import Interval, interval
from domain.models import PairStatus, SyncKind, SyncStatus
from domain.postgres.connect import Connection
from domain.storage.candles import Written
from domain.storage.job_status import OPEN, is_free
from domain.storage.pair_status import status_at


class LeaseLostError(Exception):
    """The job was cancelled, ended or taken over; what was being written is not."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in a worker's hands, and the pair it is for.

    `token` fences off earlier holders. `error_code` is that of the last failure in a row. `is_listed` tells whether the
    exchange's market list was ever loaded.
    """

    job_id: UUID
    token: int
    kind: SyncKind
    start: datetime | None
    end: datetime | None
    is_forced: bool
    reached_at: datetime | None
    is_planned: bool
    failures_in_row: int
    error_code: str | None
    is_scheduled: bool
    requested_by: str | None
    pair_id: UUID
    exchange: str
    is_listed: bool
    symbol: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Progress:
    """What pages add to their job beside candles. `seconds` is the length of the planned ranges that they settled."""

    pages: int
    seconds: int
    retries: int
    waited_seconds: float
    reached_at: datetime


# A job that is still in the hands of the lease's holder.
_HELD: Final = f"id = $1 AND lease_token = $2 AND status = {SyncStatus.RUNNING}"

_TAKE: Final = f"""
WITH taken AS (
    UPDATE sync_jobs AS j
    SET status = {SyncStatus.RUNNING}, lease_token = j.lease_token + 1, leased_until = $3,
        started_at = coalesce(j.started_at, $2), updated_at = $2
    FROM coin_exchanges AS p
    JOIN exchanges AS e ON e.id = p.exchange_id
    JOIN timeframes AS t ON t.id = p.timeframe_id
    WHERE j.id = $1 AND p.id = j.pair_id AND j.status IN {OPEN} AND {is_free("$2")}
    RETURNING j.lease_token AS token, j.kind, j.range_from AS start, j.range_to AS end, j.is_forced, j.reached_at,
        j.seconds_planned IS NOT NULL AS is_planned, j.failures_in_row, j.error_code, j.is_scheduled, j.requested_by,
        p.id AS pair_id, e.name AS exchange, e.markets_refreshed_at IS NOT NULL AS is_listed, p.symbol, t.interval
), begun AS (
    -- A pair that the schedule tries to bring back stays stale or failed until it is back.
    UPDATE coin_exchanges AS p SET status = {PairStatus.SYNCING} FROM taken, timeframes AS t
    WHERE p.id = taken.pair_id AND t.id = p.timeframe_id
        AND {status_at("$2::timestamptz")} = ANY(
            CASE WHEN taken.is_scheduled THEN ARRAY[{PairStatus.PENDING}]
            ELSE ARRAY[{PairStatus.PENDING}, {PairStatus.STALE}, {PairStatus.FAILED}] END
        )
)
SELECT * FROM taken
"""


async def take(job_id: UUID, *, now: datetime, until: datetime) -> Lease | None:
    """Leases a job that is open, due and in nobody's hands."""
    async with connection() as db:
        row = await db.fetchrow(_TAKE, job_id, now, until)
    if row is None:
        return None
    fields: dict[str, Any] = dict(row)
    kind, step = SyncKind(fields.pop("kind")), interval(fields.pop("interval"))
    return Lease(job_id=job_id, kind=kind, interval=step, **fields)


_PLAN: Final = f"""
UPDATE sync_jobs SET range_from = $3, range_to = $4, seconds_planned = seconds_done + $5
WHERE {_HELD}
RETURNING id
"""


async def plan(lease: Lease, *, start: datetime, end: datetime, seconds: int) -> None:
    """Writes down what the job is to cover and how much of it is left; LeaseLostError when it is no longer ours."""
    async with connection() as db:
        if not await db.fetchval(_PLAN, lease.job_id, lease.token, start, end, seconds):
            raise LeaseLostError


_HOLD: Final = f"SELECT TRUE FROM sync_jobs WHERE {_HELD} FOR NO KEY UPDATE"


async def hold(db: Connection, lease: Lease) -> None:
    """Locks the job for the transaction; LeaseLostError when it is no longer ours."""
    if not await db.fetchval(_HOLD, lease.job_id, lease.token):
        raise LeaseLostError


_ADVANCE: Final = """
UPDATE sync_jobs
SET candles_written = candles_written + $2 + $3, candles_revised = candles_revised + $3,
    pages_fetched = pages_fetched + $4, seconds_done = least(seconds_done + $5, seconds_planned),
    retries = retries + $6, waited_seconds = waited_seconds + $7, reached_at = $8,
    failures_in_row = 0, error_code = NULL, error_message = NULL, error_is_transient = NULL,
    leased_until = $9, updated_at = now()
WHERE id = $1
"""


async def advance(db: Connection, lease: Lease, written: Written, progress: Progress, until: datetime) -> None:
    """Adds pages to the job, which is held by the transaction, and renews the lease."""
    values = (written.added, written.revised, *astuple(progress), until)
    await db.execute(_ADVANCE, lease.job_id, *values)


_RENEW: Final = f"""
UPDATE sync_jobs SET leased_until = $3 WHERE {_HELD} AND leased_until IS NOT NULL
"""


async def renew(lease: Lease, *, until: datetime) -> None:
    """Holds the job for longer, if it is still ours."""
    async with connection() as db:
        await db.execute(_RENEW, lease.job_id, lease.token, until)


_SPEND: Final = f"""
UPDATE sync_jobs SET retries = retries + $3, waited_seconds = waited_seconds + $4
WHERE {_HELD}
"""


async def spend(lease: Lease, retries: int, waited_seconds: float) -> None:
    """Adds what asking cost to the job."""
    if retries or waited_seconds:
        async with connection() as db:
            await db.execute(_SPEND, lease.job_id, lease.token, retries, waited_seconds)


_RELEASE: Final = f"""
UPDATE sync_jobs SET leased_until = NULL, pushed_at = NULL, run_after = $3, updated_at = $3
WHERE {_HELD}
"""


async def release(lease: Lease, *, run_after: datetime) -> None:
    """Gives the job back unfinished, to be taken again from `run_after` on."""
    async with connection() as db:
        await db.execute(_RELEASE, lease.job_id, lease.token, run_after)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job, or one attempt at it, came to nothing; `message` is for people."""

    code: str
    message: str
    is_transient: bool


_STUMBLE: Final = f"""
UPDATE sync_jobs
SET leased_until = NULL, pushed_at = NULL, run_after = $3, updated_at = now(),
    error_code = $4, error_message = $5, error_is_transient = TRUE,
    failures_in_row = failures_in_row + $6::bool::int, retries = retries + $6::bool::int
WHERE {_HELD}
"""


async def stumble(lease: Lease, failure: Failure, *, run_after: datetime, is_counted: bool) -> None:
    """Puts the job off for a reason that may pass; failures that are counted add up to hopelessness."""
    told = (failure.code, failure.message)
    async with connection() as db:
        await db.execute(_STUMBLE, lease.job_id, lease.token, run_after, *told, is_counted)


_FINISH: Final = f"""
WITH ended AS (
    UPDATE sync_jobs
    SET status = $3::smallint, finished_at = $4, updated_at = $4, leased_until = NULL,
        seconds_done = CASE $3::smallint
            WHEN {SyncStatus.SUCCEEDED} THEN coalesce(seconds_planned, 0) ELSE seconds_done END,
        error_code = $5, error_message = $6, error_is_transient = $7
    WHERE {_HELD}
    RETURNING pair_id
)
UPDATE coin_exchanges AS p SET status = $8::smallint, due_at = coalesce($9, p.due_at), updated_at = $4
FROM ended WHERE p.id = ended.pair_id
"""


async def succeed(lease: Lease, *, now: datetime, due_at: datetime | None) -> None:
    """Ends the job; `due_at` is when its pair's next candle closes."""
    await _finish(lease, SyncStatus.SUCCEEDED, None, now=now, status=PairStatus.SYNCED, due_at=due_at)


async def fail(lease: Lease, failure: Failure, *, now: datetime, due_at: datetime | None) -> None:
    """Ends the job for good; what it stored stays."""
    await _finish(lease, SyncStatus.FAILED, failure, now=now, status=PairStatus.FAILED, due_at=due_at)


async def _finish(
    lease: Lease,
    outcome: SyncStatus,
    failure: Failure | None,
    *,
    now: datetime,
    status: PairStatus,
    due_at: datetime | None,
) -> None:
    told = (failure.code, failure.message, failure.is_transient) if failure else (None, None, None)
    async with connection() as db:
        await db.execute(_FINISH, lease.job_id, lease.token, outcome, now, *told, status, due_at)
