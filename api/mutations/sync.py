"""Asking for candles. Nothing here waits for an exchange: a job is written and pushed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Context, Info
from api.fields import resolver
from api.mutations.scoped import mutation
from api.types.estimate import SyncEstimate
from api.types.job import SyncJob
from api.types.job_filter import SyncKind
from api.types.node import required_id
from domain import models, preview, sync
from domain.errors import BadInputError, NotFoundError
from domain.interval import Interval
from domain.scope import Scope
from domain.storage import exchanges
from domain.storage.pairs import PairFilter
from domain.sync import SyncRequest


@strawberry.input(description="A pair to collect, and what of it.")
class SyncPairInput:
    pair_id: strawberry.ID = strawberry.field(description="Id of the pair.")
    kind: SyncKind = strawberry.field(default=SyncKind.FORWARD, description="What to cover.")
    start: datetime | None = strawberry.field(
        name="from", default=None, description="Where to begin, or for INITIAL and BACKWARD how far to go back."
    )
    end: datetime | None = strawberry.field(name="to", default=None, description="Where a RANGE ends.")
    force: bool = strawberry.field(default=False, description="Asks again for what a RANGE already covers.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="A repeated key returns the first call's job and does nothing else."
    )
    dry_run: bool = strawberry.field(default=False, description="Makes no job, and tells in estimate what it would be.")


@strawberry.type(description="The job that stands for the request.")
class SyncPairPayload:
    job: SyncJob = strawberry.field(
        description="The job, new or as it was; in a dry run a new one as it would be, whose id stands for nothing."
    )
    is_new: bool = strawberry.field(description="False when the job was there already.")
    estimate: SyncEstimate | None = strawberry.field(
        default=None, description="What the request would take; null unless dryRun."
    )


@strawberry.input(description="Which pairs to bring up to date; every field that is left out or null matches all.")
class FetchRecentCandlesInput:
    exchange: str | None = strawberry.field(default=None, description="Name of the exchange.")
    symbol: str | None = strawberry.field(default=None, description="Unified CCXT symbol, for example BTC/USDT.")
    interval: Interval | None = strawberry.field(default=None, description="Interval of the candles.")


@strawberry.type(description="What was set in motion.")
class FetchRecentCandlesPayload:
    message: str = strawberry.field(description="What happened, for people.")
    processed: int = strawberry.field(description="How many active pairs matched.")
    job_ids: strawberry.Private[list[UUID]]

    @resolver("The open job of each pair that matched.")
    async def jobs(self, info: Info) -> list[SyncJob]:
        found = await info.context.loaders.job.load_many(self.job_ids)
        return [SyncJob.of(job) for job in found if job]


@strawberry.input(description="A job to end.")
class CancelSyncJobInput:
    id: strawberry.ID = strawberry.field(description="Id of the job.")


@strawberry.type(description="The job as it is now.")
class CancelSyncJobPayload:
    job: SyncJob = strawberry.field(description="The job that was cancelled, or that had ended before.")


@strawberry.type
class SyncMutations:
    @mutation("Enqueues a job, or returns the one that is already queued or running for the pair.", Scope.SYNC)
    async def sync_pair(
        self,
        info: Info,
        wanted: Annotated[SyncPairInput, strawberry.argument(name="input", description="Which pair, and what of it.")],
    ) -> SyncPairPayload:
        if wanted.dry_run:
            job, is_new, estimate = await preview.of_sync(_request(wanted, info.context), info.context.clock)
            return SyncPairPayload(job=SyncJob.of(job), is_new=is_new, estimate=SyncEstimate.of(estimate))
        asked = await sync.sync_pair(_request(wanted, info.context), info.context.queue, info.context.clock)
        return SyncPairPayload(job=await _job(info.context, asked.id), is_new=asked.is_new)

    @mutation("Enqueues a FORWARD job for every active pair that matches.", Scope.SYNC)
    async def fetch_recent_candles(
        self,
        info: Info,
        wanted: Annotated[
            FetchRecentCandlesInput | None,
            strawberry.argument(name="input", description="Which pairs; all active ones when left out."),
        ] = None,
    ) -> FetchRecentCandlesPayload:
        wanted = wanted or FetchRecentCandlesInput()
        if wanted.exchange is not None:
            await exchanges.get(wanted.exchange)
        interval = wanted.interval.text if wanted.interval else None
        matching = PairFilter(wanted.exchange, wanted.symbol, interval=interval)
        caller = info.context.caller.name or None
        asked = await sync.fetch_recent(matching, info.context.queue, requested_by=caller)
        message = _message(sum(job.is_new for job in asked), len(asked))
        return FetchRecentCandlesPayload(message=message, processed=len(asked), job_ids=[job.id for job in asked])

    @mutation("A queued job ends at once, a running one before its next page; what it stored stays.", Scope.SYNC)
    async def cancel_sync_job(
        self,
        info: Info,
        wanted: Annotated[CancelSyncJobInput, strawberry.argument(name="input", description="Which job.")],
    ) -> CancelSyncJobPayload:
        job_id = required_id(wanted.id, "sync job", "syncJobs")
        cancelled = await sync.cancel(job_id, info.context.clock)
        info.context.queue.announce(job_id)
        return CancelSyncJobPayload(job=SyncJob.of(cancelled))


def _request(wanted: SyncPairInput, context: Context) -> SyncRequest:
    pair_id = required_id(wanted.pair_id, "pair", "pairs")
    if wanted.idempotency_key is not None and not wanted.idempotency_key.isprintable():
        raise BadInputError("idempotencyKey may only have printable characters.")
    kind = models.SyncKind[wanted.kind.name]
    about = (pair_id, kind, wanted.start, wanted.end, wanted.force, wanted.idempotency_key)
    return SyncRequest(*about, requested_by=context.caller.name or None)


async def _job(context: Context, job_id: UUID) -> SyncJob:
    job = await context.loaders.job.load(job_id)
    if job is None:
        raise NotFoundError("The job was deleted while it was being asked for; ask again.")
    return SyncJob.of(job)


def _message(new: int, matched: int) -> str:
    if not matched:
        return "No active pair matches."
    rest = matched - new
    already = f"; {rest} {'was' if rest == 1 else 'were'} already under way" if rest else ""
    return f"Enqueued {new} job{'' if new == 1 else 's'}{already}."
