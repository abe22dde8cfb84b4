"""What runs by the clock, once however many workers there are."""

from datetime import timedelta
from typing import Final

from domain.models import SyncKind
from domain.storage import jobs, pairs
from domain.storage.jobs import JobRequest
from workers.context import JobContext

# Pairs and jobs handled in one tick; the next tick takes the rest.
_BATCH: Final = 1_000

# How long a pair's FORWARD may take before the schedule asks again, and a push before the sweep believes it lost.
_FORWARD_PATIENCE: Final = timedelta(seconds=30)
_PUSH_PATIENCE: Final = timedelta(seconds=20)

# How long scheduled jobs that succeeded are remembered.
_MEMORY: Final = timedelta(days=1)


async def forward(ctx: JobContext) -> None:
    """Starts a FORWARD for each active pair whose candle has closed."""
    worker = ctx["worker"]
    now = worker.clock()
    ids = await pairs.due(now=now, again_at=now + _FORWARD_PATIENCE, limit=_BATCH)
    if ids:
        asked = await jobs.ask(ids, JobRequest(SyncKind.FORWARD, is_scheduled=True))
        await worker.queue.sync([job.id for job in asked if job.is_new])


async def repair(ctx: JobContext) -> None:
    """Starts a REPAIR for each active pair with gaps."""
    ids = await pairs.with_gaps()
    asked = await jobs.ask(ids, JobRequest(SyncKind.REPAIR, is_scheduled=True)) if ids else []
    await ctx["worker"].queue.sync([job.id for job in asked if job.is_new])


async def sweep(ctx: JobContext) -> None:
    """Pushes jobs whose push or lease was lost."""
    worker = ctx["worker"]
    now = worker.clock()
    await worker.queue.sync(await jobs.due(now=now, unpushed_since=now - _PUSH_PATIENCE, limit=_BATCH))


async def forget(ctx: JobContext) -> None:
    """Deletes scheduled jobs that succeeded long ago."""
    await jobs.delete_scheduled(ctx["worker"].clock() - _MEMORY)
