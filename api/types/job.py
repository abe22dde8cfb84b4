"""Sync jobs and how far they have come."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from api.arguments import After, First
from api.context import Context, Info
from api.fields import resolver
from api.types import pair
from api.types.connection import Connection, entity_page
from api.types.job_filter import SyncKind, SyncStatus
from api.types.node import Node
from api.types.scalars import BigInt
from domain import progress, records
from domain.storage import jobs
from domain.storage.jobs import JobFilter

if TYPE_CHECKING:
    from api.types.pair import Pair


@strawberry.type(description="Why a job ended, or why its last attempt came to nothing.")
class SyncError:
    code: str = strawberry.field(description="Stable code for programs, for example UNKNOWN_SYMBOL.")
    message: str = strawberry.field(description="What happened, for people.")
    is_transient: bool = strawberry.field(description="Whether it may pass by itself; the job is then tried again.")

    @classmethod
    def of(cls, job: records.SyncJob) -> Self | None:
        if job.error_code is None:
            return None
        return cls(code=job.error_code, message=job.error_message or "", is_transient=bool(job.error_is_transient))


@strawberry.type(description="How far a job has come and what it took.")
class SyncProgress:
    percent: float = strawberry.field(description="0 to 100, of the slots that the job set out to cover.")
    candles_written: BigInt = strawberry.field(description="Candles that it added or corrected.")
    pages_fetched: int = strawberry.field(description="Pages that it got from the exchange and stored.")
    retries: int = strawberry.field(description="Answers that had to be asked for again.")
    waited_seconds: float = strawberry.field(description="Time spent waiting for the exchange's rate limit.")
    reached_at: datetime | None = strawberry.field(description="How far the job has come.")
    eta_seconds: float | None = strawberry.field(
        description="Seconds until it is done if it goes on as it went; null where that cannot be told."
    )

    @classmethod
    def of(cls, job: records.SyncJob, now: datetime) -> Self:
        return cls(
            percent=progress.percent(job),
            candles_written=BigInt(job.candles_written),
            pages_fetched=job.pages_fetched,
            retries=job.retries,
            waited_seconds=job.waited_seconds,
            reached_at=job.reached_at,
            eta_seconds=progress.eta_seconds(job, now),
        )


async def _pairs(jobs: Sequence["SyncJob"], info: Info) -> list["Pair"]:
    found = await info.context.loaders.pair.load_many(item.job.pair_id for item in jobs)
    if None in found:
        raise LookupError("a job outlived its pair")
    return [pair.Pair.of(stored) for stored in found if stored]


@strawberry.type(description="What a pair's collection set out to do and how far it has come.")
class SyncJob(Node):
    kind: SyncKind = strawberry.field(description="What it sets out to cover.")
    status: SyncStatus = strawberry.field(description="How it stands.")
    start: datetime | None = strawberry.field(
        name="from", description="Where its range begins; null until it is known."
    )
    end: datetime | None = strawberry.field(name="to", description="Where its range ends; null until it is known.")
    error: SyncError | None = strawberry.field(description="What went wrong; null while nothing has.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When a worker first took it.")
    finished_at: datetime | None = strawberry.field(description="When it ended; null while it is open.")
    job: strawberry.Private[records.SyncJob]

    @resolver("The pair that it collects.", for_all=_pairs)
    async def pair(self, info: Info) -> Annotated["Pair", strawberry.lazy("api.types.pair")]:
        [found] = await _pairs([self], info)
        return found

    @resolver("How far it has come and what it took.")
    def progress(self, info: Info) -> SyncProgress:
        return SyncProgress.of(self.job, info.context.clock())

    @classmethod
    def of(cls, job: records.SyncJob) -> Self:
        return cls(
            id=strawberry.ID(str(job.id)),
            kind=SyncKind[job.kind.name],
            status=SyncStatus[job.status.name],
            start=job.range_from,
            end=job.range_to,
            error=SyncError.of(job),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            job=job,
        )


@strawberry.type(description="A page of sync jobs, newest first.")
class SyncJobConnection(Connection[SyncJob]):
    @classmethod
    async def of(cls, context: Context, wanted: JobFilter, first: First, after: After) -> Self:
        return cls(page=await entity_page(context.shared.lists, jobs.listed(wanted), SyncJob.of, first, after))
