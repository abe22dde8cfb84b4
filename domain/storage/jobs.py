"""Sync jobs as rows: asking for them, reading and cancelling them. What a worker does to them is in `leases`."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from domain.database import connection, transaction
from domain.errors import NotFoundError
from domain.models import PairStatus, SyncKind, SyncStatus
from domain.postgres.connect import Connection
from domain.records import SyncJob
from domain.storage import idempotency
from domain.storage.filters import Condition, condition, conditions
from domain.storage.idempotency import KeyedRequest
from domain.storage.job_status import OPEN
from domain.storage.keyset import Column, Keyset
from domain.storage.pair_status import AT_REST
from domain.storage.select import Select
from domain.telemetry.traces import handed_on


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What jobs are to collect. `start` and `end` are open times on the pair's grid, or None for the kind's own.

    `requested_by` is the name of the caller, or a word of ours.
    """

    kind: SyncKind
    start: datetime | None = None
    end: datetime | None = None
    is_forced: bool = False
    is_scheduled: bool = False
    requested_by: str | None = None

    def keyed(self, pair_id: UUID) -> KeyedRequest:
        """What a repetition must not differ in."""
        return KeyedRequest(pair_id, self.kind, self.start, self.end, self.is_forced)


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
    raise NotFoundError(f"There is no sync job {job_id}; the query syncJobs lists those there are.")


_STANDS: Final = f"j.status IN {OPEN} AND (NOT j.is_scheduled OR (j.kind = {{0}} AND {{1}}::timestamptz IS NULL))"


async def standing(pair_id: UUID, request: JobRequest) -> SyncJob | None:
    """The open job that would answer a request; those that make way for it do not count."""
    stands = Condition(_STANDS, (request.kind, request.start))
    return await _JOBS.first([condition("j.pair_id = {0}", pair_id), stands])


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
# One after the other: jobs that make way are found in another order than pairs that get one, so that two who ask for
# the same pairs, of which the schedule is one, could wait for each other. Who asks for a single pair cannot.
_TAKE_TURN: Final = "SELECT pg_advisory_xact_lock(hashtext('sync_jobs'))"
# Those that are deleted or adopted, in one order: or two that ask for the same pairs could wait for each other.
_LOCK: Final = f"""
SELECT FROM sync_jobs WHERE pair_id = ANY($1::uuid[]) AND status IN {OPEN} AND is_scheduled AND NOT $2::bool
ORDER BY id FOR UPDATE
"""
_SUPERSEDE: Final = f"""
DELETE FROM sync_jobs WHERE pair_id = ANY($1::uuid[]) AND status IN {OPEN} AND {_MAKES_WAY}
"""
_INSERT: Final = """
INSERT INTO sync_jobs (pair_id, kind, range_from, range_to, is_forced, is_scheduled, requested_by, traceparent)
SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM unnest($1::uuid[]) AS p (id)
ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id, pair_id
"""
# A job of the schedule's that was told to somebody is theirs, and no longer makes way or is forgotten.
_ADOPT: Final = f"""
UPDATE sync_jobs SET is_scheduled = FALSE
WHERE pair_id = ANY($1::uuid[]) AND status IN {OPEN} AND is_scheduled AND NOT $2::bool AND NOT ({_MAKES_WAY})
"""
_OPEN: Final = f"""
SELECT id, pair_id FROM sync_jobs WHERE pair_id = ANY($1::uuid[]) AND status IN {OPEN} AND NOT ({_MAKES_WAY})
"""

# A row that stood in the way may have ended before it is read; once more is then enough, save in a storm.
_ATTEMPTS: Final = 10


async def ask(pair_ids: Sequence[UUID], request: JobRequest) -> list[AskedJob]:
    """One open job for each pair, in their order: a new one, or the one that stands in its place already."""
    asked: dict[UUID, AskedJob] = {}
    for _ in range(_ATTEMPTS):
        rest = [pair_id for pair_id in pair_ids if pair_id not in asked]
        async with transaction() as db:
            asked |= await _insert_or_find(db, rest, request)
        if len(asked) == len(set(pair_ids)):
            return [asked[pair_id] for pair_id in pair_ids]
    raise RuntimeError("no job could be found or made")


async def ask_once(pair_id: UUID, request: JobRequest, key: str) -> AskedJob:
    """The job that the key stands for, however often it is asked for; ConflictError where it is another request's."""
    for _ in range(_ATTEMPTS):
        if repeated := await find_once(pair_id, request, key):
            return repeated
        with suppress(idempotency.KeyTakenError):
            async with transaction() as db:
                asked = (await _insert_or_find(db, [pair_id], request)).get(pair_id)
                if asked:
                    await idempotency.remember(db, key, request.keyed(pair_id), asked.id)
                    return asked
    raise RuntimeError("no job could be found or made")


async def find_once(pair_id: UUID, request: JobRequest, key: str) -> AskedJob | None:
    """The job that the key already stands for; ConflictError where it stands for another request."""
    job_id = await idempotency.find(key, request.keyed(pair_id))
    return AskedJob(job_id, pair_id, is_new=False) if job_id else None


async def _insert_or_find(db: Connection, pair_ids: list[UUID], request: JobRequest) -> dict[UUID, AskedJob]:
    asked = (pair_ids, request.is_scheduled, request.kind, request.start)
    if len(pair_ids) > 1:
        await db.execute(_TAKE_TURN)
    await db.execute(_LOCK, pair_ids, request.is_scheduled)
    await db.execute(_SUPERSEDE, *asked)
    about = (request.kind, request.start, request.end, request.is_forced, request.is_scheduled)
    new = await db.fetch(_INSERT, pair_ids, *about, request.requested_by, handed_on().get("traceparent"))
    await db.execute(_ADOPT, *asked)
    # The schedule may have started another in between; it is passed over here, and makes way at the next attempt.
    found = await db.fetch(_OPEN, *asked)
    fresh = {row["id"] for row in new}
    return {row["pair_id"]: AskedJob(row["id"], row["pair_id"], row["id"] in fresh) for row in found}


_CANCEL: Final = f"""
WITH cancelled AS (
    UPDATE sync_jobs SET status = {SyncStatus.CANCELLED}, finished_at = $2, updated_at = $2, leased_until = NULL
    WHERE id = $1 AND status IN {OPEN}
    RETURNING pair_id
)
UPDATE coin_exchanges AS p SET status = {AT_REST} FROM cancelled
WHERE p.id = cancelled.pair_id AND p.status = {PairStatus.SYNCING}
"""


async def cancel(job_id: UUID, now: datetime) -> None:
    """Ends an open job; its worker notices before it stores the next page."""
    async with connection() as db:
        await db.execute(_CANCEL, job_id, now)


# What went wrong last with a pair stays, as the reason for its status.
_DELETE_SCHEDULED: Final = f"""
DELETE FROM sync_jobs AS j WHERE is_scheduled AND finished_at < $1 AND (
    status = {SyncStatus.SUCCEEDED}
    OR EXISTS (SELECT FROM sync_jobs AS l WHERE l.pair_id = j.pair_id AND l.created_at > j.created_at)
)
"""


async def delete_scheduled(before: datetime) -> None:
    """Forgets scheduled jobs that ended long ago: there are as many of them as candles."""
    async with connection() as db:
        await db.execute(_DELETE_SCHEDULED, before)
