"""Where covered ranges came from."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from api.context import Info
from api.fields import resolver
from api.types import coverage, job
from domain.storage.provenance import Origin, SourcedRange

if TYPE_CHECKING:
    from api.types.coverage import TimeRange
    from api.types.job import SyncJob


@strawberry.enum(description="Where candles came from.")
class CoverageOrigin(Enum):
    EXCHANGE = strawberry.enum_value("EXCHANGE", description="A sync job asked the exchange.")
    IMPORT = strawberry.enum_value("IMPORT", description="Somebody imported a file.")
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN", description="It was stored by other means, or before this was remembered."
    )


async def _jobs(sources: Sequence["CoverageSource"], info: Info) -> list["SyncJob | None"]:
    runs = [item.job_id for item in sources]
    found = iter(await info.context.loaders.job.load_many(run for run in runs if run))
    return [job.SyncJob.of(stored) if run and (stored := next(found)) else None for run in runs]


@strawberry.type(description="A covered range and where it came from: of what was stored several times, the last time.")
class CoverageSource:
    range: Annotated["TimeRange", strawberry.lazy("api.types.coverage")] = strawberry.field(
        description="What came from there, merged."
    )
    origin: CoverageOrigin = strawberry.field(description="Who had it.")
    first_stored_at: datetime | None = strawberry.field(
        description="When its job or import, or the schedule, began to store candles of the pair."
    )
    last_stored_at: datetime | None = strawberry.field(description="When it last did so.")
    job_id: strawberry.Private[UUID | None]

    @resolver("The job that asked for it; null for those of the schedule, and where there was none.", for_all=_jobs)
    async def job(self, info: Info) -> Annotated["SyncJob", strawberry.lazy("api.types.job")] | None:
        [found] = await _jobs([self], info)
        return found

    @classmethod
    def of(cls, found: SourcedRange) -> Self:
        source = found.source
        is_asked = source is not None and source.origin is Origin.EXCHANGE
        return cls(
            range=coverage.TimeRange.of(found.range),
            origin=CoverageOrigin[source.origin.name] if source else CoverageOrigin.UNKNOWN,
            first_stored_at=found.first_at,
            last_stored_at=found.last_at,
            job_id=source.run if source and is_asked else None,
        )
