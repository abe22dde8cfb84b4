"""Choosing sync jobs."""

from enum import Enum
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from domain import models
from domain.interval import Interval
from domain.storage import jobs


@strawberry.enum(description="What a job sets out to cover.")
class SyncKind(Enum):
    INITIAL = strawberry.enum_value(
        "INITIAL", description="From now back to the first candle that the exchange serves, or to from."
    )
    FORWARD = strawberry.enum_value("FORWARD", description="From the newest covered instant to now.")
    BACKWARD = strawberry.enum_value(
        "BACKWARD",
        description=("From the oldest covered instant back to from, or to the first candle that the exchange serves."),
    )
    REPAIR = strawberry.enum_value("REPAIR", description="Every gap between the oldest and the newest covered instant.")
    RANGE = strawberry.enum_value("RANGE", description="Exactly [from, to); covered or not when force is true.")


@strawberry.enum(description="How a job stands.")
class SyncStatus(Enum):
    QUEUED = strawberry.enum_value("QUEUED", description="Waits for a worker.")
    RUNNING = strawberry.enum_value("RUNNING", description="A worker has begun it, and it has not ended.")
    SUCCEEDED = strawberry.enum_value("SUCCEEDED", description="Everything that it set out to cover is covered.")
    FAILED = strawberry.enum_value("FAILED", description="Given up for good; its error says why.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Ended by cancelSyncJob; what it stored stays.")


@strawberry.input(description="What jobs must match; every field that is left out or null matches all.")
class SyncJobFilter:
    status: SyncStatus | None = strawberry.field(default=None, description="How the job stands.")
    kind: SyncKind | None = strawberry.field(default=None, description="What the job sets out to cover.")
    exchange: str | None = strawberry.field(default=None, description="Name of its pair's exchange.")
    symbol: str | None = strawberry.field(default=None, description="Unified CCXT symbol of its pair.")
    interval: Interval | None = strawberry.field(default=None, description="Interval of its pair.")


FilterJobs: TypeAlias = Annotated[
    SyncJobFilter | None, strawberry.argument(name="filter", description="Only jobs that match.")
]


def stored_filter(wanted: SyncJobFilter | None, *, pair_id: UUID | None = None) -> jobs.JobFilter:
    wanted = wanted or SyncJobFilter()
    return jobs.JobFilter(
        status=models.SyncStatus[wanted.status.name] if wanted.status else None,
        kind=models.SyncKind[wanted.kind.name] if wanted.kind else None,
        exchange=wanted.exchange,
        symbol=wanted.symbol,
        interval=wanted.interval.text if wanted.interval else None,
        pair_id=pair_id,
    )
