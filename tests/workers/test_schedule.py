"""The schedule runs in every worker, and has the effect of one."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from domain.clock import milliseconds, system_clock
from domain.database import transaction
from domain.models import Pair, SyncJob, SyncKind
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


async def test_a_schedule_that_ran_ahead_of_its_time_runs_on(collector: Collector) -> None:
    """A clock was ahead when its last tick ran, and has been set; each tick still counts once."""
    context = await due(collector)
    async with transaction() as db:
        await db.execute("INSERT INTO ticks (name, at) VALUES ('forward', now() + interval '9 hours')")

    for _ in range(2):
        await schedule.forward(context)

    assert await finish_scheduled(collector) == 1


async def test_what_a_clock_that_was_ahead_has_put_off_is_set_going(collector: Collector) -> None:
    """The newest candles of a pair, and a job in the hands of a worker that is gone."""
    right, wrong = collector.worker.clock, lambda: system_clock() + timedelta(hours=2)
    pair, other = [await collector.add("binance", symbol) for symbol in ("BTC/USDT", "ETH/USDT")]
    job_id = await collector.ask(other, JobRequest(SyncKind.FORWARD))
    collector.use_clock(wrong)
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    await collector.take(job_id)
    collector.use_clock(right)
    collector.advance(timedelta(minutes=20))

    await schedule.forward(collector.tick("forward"))
    assert await finish_scheduled(collector) == 0
    await schedule.set_going(collector.tick("set_going"))
    await schedule.forward(collector.tick("forward"))

    assert await finish_scheduled(collector) == 1
    await collector.finish(job_id)


async def test_what_may_well_take_that_long_is_left_alone(collector: Collector) -> None:
    """A job that an exchange's ban has put off, one that is at work, and a pair whose next candle is a month away."""
    pairs = [await collector.add("binance", symbol, "1M") for symbol in ("BTC/USDT", "ETH/USDT")]
    await Pair.all().update(due_at=collector.worker.clock() + timedelta(days=31))
    held, banned = [await collector.ask(pair, JobRequest(SyncKind.FORWARD)) for pair in pairs]
    await collector.take(held)
    await SyncJob.filter(id=banned).update(run_after=collector.worker.clock() + timedelta(days=3))
    before = await SyncJob.all().values(), await Pair.all().values()

    await schedule.set_going(collector.tick("set_going"))

    assert (await SyncJob.all().values(), await Pair.all().values()) == before
