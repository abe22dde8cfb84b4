"""What runs by the clock, once however many workers there are."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.models import SyncKind
from domain.storage import changes, jobs, loads, pairs, pushes, stuck
from domain.storage.jobs import JobRequest
from workers.context import JobContext
from workers.jobs.tick import tick

# Pairs and jobs handled in one tick; the next tick takes the rest.
_BATCH: Final = 1_000

# How long a pair's FORWARD may take before the schedule asks again, and a push before the sweep believes it lost.
_FORWARD_PATIENCE: Final = timedelta(seconds=30)
_PUSH_PATIENCE: Final = timedelta(seconds=20)

# How long scheduled jobs are remembered once they have ended.
_MEMORY: Final = timedelta(days=1)


async def forward(ctx: JobContext) -> None:
    """Starts a FORWARD for each active pair whose candle has closed, and puts it off in case that comes to nothing."""
    worker = ctx["worker"]
    now = worker.clock()
    async with tick(ctx) as is_due:
        ids = await pairs.due(now=now, limit=_BATCH) if is_due else []
        asked = await _ask(ids, SyncKind.FORWARD)
        await pairs.put_off(ids, now=now, until=now + _FORWARD_PATIENCE)
    await worker.queue.sync(asked)


async def repair(ctx: JobContext) -> None:
    """Starts a REPAIR for each active pair with gaps."""
    async with tick(ctx) as is_due:
        asked = await _ask(await pairs.with_gaps() if is_due else [], SyncKind.REPAIR)
    await ctx["worker"].queue.sync(asked)


async def _ask(pair_ids: Sequence[UUID], kind: SyncKind) -> list[UUID]:
    asked = await jobs.ask(pair_ids, JobRequest(kind, is_scheduled=True)) if pair_ids else []
    return [job.id for job in asked if job.is_new]


async def sweep(ctx: JobContext) -> None:
    """Pushes jobs and loads whose push or lease was lost."""
    worker = ctx["worker"]
    now = worker.clock()
    patience = now - _PUSH_PATIENCE
    async with tick(ctx) as is_due:
        lost_jobs = await pushes.due(now=now, unpushed_since=patience, limit=_BATCH) if is_due else []
        lost_loads = await loads.due(now=now, unpushed_since=patience) if is_due else []
    await worker.queue.push_lost(lost_jobs)
    await worker.queue.push_loads(lost_loads)


async def set_going(ctx: JobContext) -> None:
    """Sets going what a clock that was wrong has put off until it is as late as it was by that."""
    worker = ctx["worker"]
    async with tick(ctx) as is_due:
        freed = await stuck.set_going(worker.clock()) if is_due else []
    await worker.queue.sync(freed)


async def forget(ctx: JobContext) -> None:
    """Deletes scheduled jobs that ended long ago, and changes that everyone has been told of."""
    async with tick(ctx) as is_due:
        if is_due:
            now = ctx["worker"].clock()
            await jobs.delete_scheduled(now - _MEMORY)
            await changes.forget(now - changes.RETENTION)
