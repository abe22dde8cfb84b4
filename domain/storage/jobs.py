"""Sync jobs as rows: asking for them, reading and cancelling them. What a worker does to them is in `leases`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from domain.database import Connection, connection, transaction
from domain.errors import NotFoundError
from domain.models import SyncKind, SyncStatus
from domain.records import SyncJob
from domain.storage.filters import condition, conditions
from domain.storage.keyset import Column, Keyset
from domain.storage.select import Select


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What jobs are to collect. `start` and `end` are open times on the pair's grid, or None for the kind's own."""

    kind: SyncKind
    start: datetime | None = None
    end: datetime | None = None
    is_forced: bool = False
    is_scheduled: bool = False
    idempotency_key: str | None = None
    requested_by: str | None = None


@dataclass(frozen=True, slots=True)
class AskedJob:
    """The job that stands for a request; not new when it was there already."""

    id: UUID
    pair_id: UUID
    is_new: bool


_COLUMNS: Final = """
j.id, j.pair_id, j.range_from, j.range_to, j.seconds_planned, j.seconds_done, j.candles_written, j.pages_fetched,
j.retries, j.waited_seconds, j.reached_at, j.error_code, j.error_message, j.error_is_transient,
j.created_at, j.started_at, j.finished_at, j.kind, j.status
"""
# Every job has all of them; PostgreSQL leaves out an outer join that nothing looks at.
_TABLES: Final = """
sync_jobs AS j
LEFT JOIN coin_exchanges AS p ON p.id = j.pair_id
LEFT JOIN exchanges AS e ON e.id = p.exchange_id
LEFT JOIN timeframes AS t ON t.id = p.timeframe_id
"""


def _read(rows: Sequence[Record]) -> list[SyncJob]:
    return [SyncJob._make([*row[:-2], SyncKind(row["kind"]), SyncStatus(row["status"])]) for row in rows]


_JOBS: Final = Select(_COLUMNS, _TABLES, _read)


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, SyncJob]:
    return {job.id: job for job in await _JOBS.rows([condition("j.id = ANY({0})", ids)])}


async def get(job_id: UUID) -> SyncJob:
    """Raises NotFoundError."""
    if job := (await by_ids([job_id])).get(job_id):
        return job
    raise NotFoundError(f"There is no sync job {job_id}.")


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What jobs must match; None matches all."""

    status: SyncStatus | None = None
    kind: SyncKind | None = None
    exchange: str | None = None
    symbol: str | None = None
    interval: str | None = None
    pair_id: UUID | None = None


_FILTERS: Final = {
    "status": "j.status",
    "kind": "j.kind",
    "exchange": "e.name",
    "symbol": "p.symbol",
    "interval": "t.interval",
    "pair_id": "j.pair_id",
}
_ORDER: Final = (Column.instant("j.created_at", "created_at"), Column.identity("j.id"))


def listed(wanted: JobFilter) -> Keyset[SyncJob]:
    """Jobs, newest first."""
    return Keyset(_JOBS, conditions(wanted, _FILTERS), _ORDER, is_descending=True)


# What the schedule started makes way for what was asked for, unless it is the same.
_MAKES_WAY: Final = "is_scheduled AND NOT $2::bool AND (kind <> $3 OR $4::timestamptz IS NOT NULL)"
_SUPERSEDE: Final = f"""
DELETE FROM sync_jobs WHERE pair_id = ANY($1::uuid[]) AND status IN (0, 1) AND {_MAKES_WAY}
"""
_INSERT: Final = """
INSERT INTO sync_jobs (pair_id, kind, range_from, range_to, is_forced, is_scheduled, idempotency_key, requested_by)
SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM unnest($1::uuid[]) AS p (id)
ON CONFLICT DO NOTHING
RETURNING id, pair_id
"""
_OPEN: Final = f"""
SELECT id, pair_id FROM sync_jobs WHERE pair_id = ANY($1::uuid[]) AND status IN (0, 1) AND NOT ({_MAKES_WAY})
"""
_BY_KEY: Final = "SELECT id, pair_id FROM sync_jobs WHERE idempotency_key = $1"

# A row that stood in the way may have ended before it is read; once more is then enough, save in a storm.
_ATTEMPTS: Final = 10


async def ask(pair_ids: Sequence[UUID], request: JobRequest) -> list[AskedJob]:
    """One open job for each pair, in their order: a new one, or the one that stands in its place already."""
    asked: dict[UUID, AskedJob] = {}
    for _ in range(_ATTEMPTS):
        rest = [pair_id for pair_id in pair_ids if pair_id not in asked]
        async with transaction() as db:
            asked |= await _insert_or_find(db, rest, request)
        if len(asked) == len(set(pair_ids)) or (request.idempotency_key and asked):
            return [asked.get(pair_id) or next(iter(asked.values())) for pair_id in pair_ids]
    raise RuntimeError("no job could be found or made")


async def _insert_or_find(db: Connection, pair_ids: list[UUID], request: JobRequest) -> dict[UUID, AskedJob]:
    key = request.idempotency_key
    if key and (repeated := await db.fetchrow(_BY_KEY, key)):
        return {repeated["pair_id"]: AskedJob(repeated["id"], repeated["pair_id"], is_new=False)}
    asked = (pair_ids, request.is_scheduled, request.kind, request.start)
    await db.execute(_SUPERSEDE, *asked)
    about = (request.kind, request.start, request.end, request.is_forced, request.is_scheduled)
    new = await db.fetch(_INSERT, pair_ids, *about, key, request.requested_by)
    # The schedule may have started another in between; it is passed over here, and makes way at the next attempt.
    found = await db.fetch(_OPEN, *asked)
    fresh = {row["id"] for row in new}
    return {row["pair_id"]: AskedJob(row["id"], row["pair_id"], row["id"] in fresh) for row in found}


_CANCEL: Final = """
UPDATE sync_jobs SET status = 4, finished_at = $2, updated_at = $2, leased_until = NULL
WHERE id = $1 AND status IN (0, 1)
"""


async def cancel(job_id: UUID, now: datetime) -> None:
    """Ends an open job; its worker notices before it stores the next page."""
    async with connection() as db:
        await db.execute(_CANCEL, job_id, now)


_PUSH_DUE: Final = """
UPDATE sync_jobs SET pushed_at = $1
WHERE id IN (
    SELECT id FROM sync_jobs
    WHERE status IN (0, 1)
        AND (run_after IS NULL OR run_after <= $1)
        AND (leased_until IS NULL OR leased_until <= $1)
        AND (pushed_at IS NULL OR pushed_at <= $2 OR pushed_at <= leased_until)
    ORDER BY run_after NULLS FIRST LIMIT $3
    FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


async def due(*, now: datetime, unpushed_since: datetime, limit: int) -> list[UUID]:
    """Open jobs that no worker holds; marks them as pushed now.

    Those that were last pushed before `unpushed_since`, or before a lease that has run out.
    """
    async with connection() as db:
        return [row["id"] for row in await db.fetch(_PUSH_DUE, now, unpushed_since, limit)]


async def pushed(job_ids: Sequence[UUID], now: datetime) -> None:
    """Remembers that the jobs were pushed to the queue."""
    async with connection() as db:
        await db.execute("UPDATE sync_jobs SET pushed_at = $2 WHERE id = ANY($1::uuid[])", list(job_ids), now)


_DELETE_SCHEDULED: Final = "DELETE FROM sync_jobs WHERE is_scheduled AND status = 2 AND finished_at < $1"


async def delete_scheduled(before: datetime) -> None:
    """Forgets scheduled jobs that succeeded: there are as many of them as candles."""
    async with connection() as db:
        await db.execute(_DELETE_SCHEDULED, before)
