"""The schedule runs in every worker, and has the effect of one."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from domain.clock import milliseconds
from domain.models import SyncJob, SyncKind
from domain.storage.jobs import JobRequest
from tests.workers.conftest import Collector
from workers.context import JobContext
from workers.jobs import schedule
from workers.jobs.tick import tick


async def due(collector: Collector) -> JobContext:
    """A tick of forward at which a pair's next candle has closed."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    collector.advance(timedelta(minutes=1))
    return {"worker": collector.worker, "job_id": f"cron:forward:{milliseconds(collector.market.now())}"}


async def finish_scheduled(collector: Collector) -> int:
    """How many jobs the schedule has begun, all of which have ended."""
    scheduled = await SyncJob.filter(is_scheduled=True)
    for job in scheduled:
        await collector.finish(job.id)
    return len(scheduled)


async def test_a_tick_that_several_workers_run_at_once_counts_once(collector: Collector) -> None:
    """Whichever is first; the others do nothing."""
    context = await due(collector)

    await asyncio.gather(*(schedule.forward(context) for _ in range(5)))

    assert await finish_scheduled(collector) == 1


async def test_a_tick_that_a_frozen_worker_runs_late_counts_no_more(collector: Collector) -> None:
    """Though there would be something to do again, which is the next tick's."""
    context = await due(collector)
    await schedule.forward(context)
    await finish_scheduled(collector)
    collector.advance(timedelta(minutes=1))

    await schedule.forward(context)

    assert await finish_scheduled(collector) == 1


async def test_a_tick_that_failed_on_its_way_is_still_to_run(collector: Collector) -> None:
    """What it wrote and that it ran are one transaction: neither stays."""
    context = await due(collector)
    with suppress(LookupError):
        async with tick(context) as is_due:
            assert is_due
            raise LookupError

    await schedule.forward(context)

    assert await finish_scheduled(collector) == 1
