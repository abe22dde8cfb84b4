"""Asking for candles: what a request must satisfy, and the job that stands for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain import lengths
from domain.clock import EPOCH, Clock
from domain.errors import BadInputError, ConflictError
from domain.interval import Interval, interval
from domain.models import SyncKind
from domain.queue import Queue
from domain.records import Exchange, Pair, SyncJob
from domain.storage import jobs, pairs
from domain.storage.jobs import AskedJob, JobRequest
from domain.storage.pairs import PairFilter

# Pairs that one request may set in motion; more belong to the schedule.
MAX_PAIRS: Final = 10_000


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What a client asks for a pair; times as given, not yet on the grid."""

    pair_id: UUID
    kind: SyncKind
    start: datetime | None = None
    end: datetime | None = None
    is_forced: bool = False
    idempotency_key: str | None = None
    requested_by: str | None = None


async def sync_pair(request: SyncRequest, queue: Queue, clock: Clock) -> AskedJob:
    """Enqueues a job, or finds the one that is open for the pair.

    Raises NotFoundError for an unknown pair, ConflictError where its exchange is off or the idempotency key stands for
    another request, BadInputError for a bad range.
    """
    pair = await pairs.get(request.pair_id)
    wanted = job_request(request, interval(pair.timeframe.interval), clock())
    key = request.idempotency_key
    if key and (repeated := await jobs.find_once(pair.id, wanted, key)):
        return repeated
    check_served(pair.exchange)
    asked = await (jobs.ask_once(pair.id, wanted, key) if key else _ask(pair, wanted))
    if asked.is_new:
        await queue.sync([asked.id])
    return asked


async def _ask(pair: Pair, request: JobRequest) -> AskedJob:
    [asked] = await jobs.ask([pair.id], request)
    return asked


def check_configured(exchange: Exchange) -> None:
    """Raises ConflictError where no worker knows the exchange any more."""
    if not exchange.is_configured:
        told = f"The exchange '{exchange.name}' is no longer in the exchanges file of this installation"
        raise ConflictError(f"{told}; put it back and restart the workers.")


def check_served(exchange: Exchange) -> None:
    """Raises ConflictError unless candles can be asked of the exchange."""
    check_configured(exchange)
    if not exchange.is_active:
        raise ConflictError(f"The exchange '{exchange.name}' is switched off; setExchangeActive switches it on.")


def job_request(request: SyncRequest, step: Interval, now: datetime) -> JobRequest:
    """What the job is to collect, on the pair's grid. Raises BadInputError."""
    key = request.idempotency_key
    if key is not None and not 0 < len(key) <= lengths.IDEMPOTENCY_KEY:
        raise BadInputError(f"idempotencyKey must have 1 to {lengths.IDEMPOTENCY_KEY} characters.")
    if request.kind is SyncKind.RANGE and (request.start is None or request.end is None):
        raise BadInputError("A RANGE sync needs from and to.")
    if request.kind is not SyncKind.RANGE and (request.end or request.is_forced):
        raise BadInputError(f"to and force belong to RANGE; a {request.kind.name} sync knows its own end.")
    check_range(request.start, request.end, now)
    start = step.floor(request.start) if request.start else None
    end = step.ceil(request.end) if request.end else None
    if start and start >= step.floor(now):
        raise BadInputError(f"No {step} candle since from has closed yet.")
    return JobRequest(request.kind, start, end, request.is_forced, requested_by=request.requested_by)


def check_range(start: datetime | None, end: datetime | None, now: datetime) -> None:
    """Raises BadInputError unless EPOCH <= start < end <= now, as far as they are given."""
    if start and start < EPOCH:
        raise BadInputError("from lies before 1970-01-01T00:00:00Z; there are no candles that old.")
    if start and end and start >= end:
        raise BadInputError("from must lie before to.")
    for name, value in (("from", start), ("to", end)):
        if value and value > now:
            raise BadInputError(f"{name} lies in the future; candles can only be collected once they have closed.")


async def fetch_recent(wanted: PairFilter, queue: Queue, *, requested_by: str | None = None) -> list[AskedJob]:
    """A FORWARD job for every active pair that matches, on exchanges that are on."""
    ids = await pairs.collected(wanted, MAX_PAIRS)
    asked = await jobs.ask(ids, JobRequest(SyncKind.FORWARD, requested_by=requested_by)) if ids else []
    await queue.sync([job.id for job in asked if job.is_new])
    return asked


async def cancel(job_id: UUID, clock: Clock) -> SyncJob:
    """Ends an open job; an ended one is returned as it is. Raises NotFoundError."""
    job = await jobs.get(job_id)
    if not job.status.is_open:
        return job
    await jobs.cancel(job_id, clock())
    return await jobs.get(job_id)
