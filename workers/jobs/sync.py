"""A slice of a sync job, and what becomes of the job after it."""

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from domain.candle_source import CandleSource, SourceError
from domain.models import SyncStatus
from domain.outage import is_outage
from domain.storage import leases, ledger
from domain.storage.leases import Failure, Lease, LeaseLostError
from domain.telemetry.logs import is_about
from domain.telemetry.metrics import JOBS_ENDED
from domain.telemetry.traces import describe
from workers.backoff import is_hopeless, is_no_failure, pause
from workers.catalog import refresh_markets
from workers.context import JobContext, WorkerContext
from workers.engine import Slice
from workers.jobs.outages import again_after_outage
from workers.jobs.traced import traced
from workers.leasing import give_back, renewed

_log: Final = logging.getLogger(__name__)

# Seconds after which a pair whose newest candle could not be had is tried again.
_RETRY: Final = timedelta(seconds=3)

# Seconds that giving a job back may take when the worker stops; after them the lease runs out by itself.
_STOP_SECONDS: Final = 1.0

# How long a pair whose job failed is left alone: outages end at any time, what is refused mostly stays refused.
_RETRY_OUTAGE: Final = timedelta(minutes=1)
_RETRY_REFUSAL: Final = timedelta(minutes=10)


@again_after_outage
@traced
async def sync(ctx: JobContext, job_id: str) -> None:
    """Takes a job that is due and works on it for a slice."""
    worker = ctx["worker"]
    now = worker.clock()
    lease = await leases.take(UUID(job_id), now=now, until=now + worker.limits.lease)
    if lease is None:
        return
    is_about(job_id=job_id, pair=f"{lease.exchange} {lease.symbol} {lease.interval}")
    if lease.requested_by:
        is_about(caller=lease.requested_by)
    describe({"candelabra.job_id": job_id, "candelabra.kind": lease.kind.name})
    describe({"candelabra.exchange": lease.exchange, "candelabra.pair": f"{lease.symbol} {lease.interval}"})
    worker.queue.announce(lease.job_id)
    try:
        async with renewed(lease, worker.clock, worker.limits.lease):
            await _work(worker, lease)
    except LeaseLostError:
        _log.info("job %s was cancelled or taken over", job_id)
    except SourceError as error:
        await _stumble(worker, lease, error)
    except asyncio.CancelledError:
        await give_back(lease, worker.clock, seconds=_STOP_SECONDS)
        raise
    except Exception as error:  # whatever it is, the job must not stay in limbo
        if is_outage(error):
            _log.warning("job %s is put off by an outage: %s", job_id, error)
            await give_back(lease, worker.clock, seconds=worker.limits.lease.total_seconds())
            raise
        _log.exception("job %s stumbled over an error of our own", job_id)
        told = "Candelabra stumbled over an error of its own; the worker's log tells more."
        await _stumble(worker, lease, SourceError("INTERNAL", told, is_transient=True))
    finally:
        worker.queue.announce(lease.job_id, lease.pair_id)


async def _work(worker: WorkerContext, lease: Lease) -> None:
    source = await worker.exchanges.get(lease.exchange)
    if not lease.is_listed:
        await refresh_markets(lease.exchange, source, worker.clock)
    announce = partial(worker.queue.announce, lease.job_id, lease.pair_id)
    part = Slice(lease, source, worker.clock, worker.limits, worker.stopping, announce)
    try:
        is_done = await part.run()
    except SourceError:
        await leases.spend(lease, *part.effort.drain())
        raise
    await leases.spend(lease, *part.effort.drain())
    if is_done:
        await _succeed(worker, lease, source)
        return
    await leases.release(lease, run_after=worker.clock())
    await worker.queue.sync([lease.job_id])


async def _succeed(worker: WorkerContext, lease: Lease, source: CandleSource) -> None:
    now, there = worker.clock(), source.now()
    newest = (await ledger.of(lease.pair_id)).newest
    due_at = _due_at(lease, newest, there) + (now - there)
    await leases.succeed(lease, now=now, due_at=due_at)
    await worker.exchanges.tell_page_cost(lease.exchange)
    JOBS_ENDED.labels(lease.kind.name, SyncStatus.SUCCEEDED.name).inc()


def _due_at(lease: Lease, newest: datetime | None, now: datetime) -> datetime:
    """When the next candle closes; soon, where the newest one was not to be had yet."""
    if newest is None or newest < lease.interval.floor(now):
        return now + _RETRY
    return lease.interval.next(newest)


async def _stumble(worker: WorkerContext, lease: Lease, error: SourceError) -> None:
    now = worker.clock()
    failure = Failure(error.code, error.message, error.is_transient)
    if is_hopeless(error, lease.failures_in_row, lease.error_code):
        _log.warning("job %s failed: %s", lease.job_id, error.message)
        again_after = _RETRY_OUTAGE if error.is_transient else _RETRY_REFUSAL
        await leases.fail(lease, failure, now=now, due_at=lease.interval.next(now + again_after))
        JOBS_ENDED.labels(lease.kind.name, SyncStatus.FAILED.name).inc()
        return
    delay = pause(error, lease.failures_in_row)
    if is_no_failure(error):
        await leases.spend(lease, 1, delay.total_seconds())
    await leases.stumble(lease, failure, run_after=now + delay, is_counted=not is_no_failure(error))
    await worker.queue.sync([lease.job_id], delay=delay)
