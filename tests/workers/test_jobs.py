"""Jobs are rows in PostgreSQL; arq only makes a worker take them."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from datetime import timedelta

from arq.constants import in_progress_key_prefix
from structlog.contextvars import get_contextvars

from domain.catalog import refresh_markets
from domain.clock import instant
from domain.database import connection
from domain.interval import interval
from domain.models import Exchange, PairStatus, SyncJob, SyncKind, SyncStatus
from domain.queue import QUEUE_NAME, deserialize
from domain.storage import exchanges, jobs, listings, loads
from domain.storage.backlog import backlog
from domain.storage.jobs import JobRequest
from domain.telemetry.traces import tracer_in_use
from tests.exchange import faults
from tests.exchange.made_up import contiguous
from tests.workers.conftest import Collector
from workers.jobs import schedule
from workers.main import arq_worker

MINUTE = interval("1m")


async def push_and_work(collector: Collector) -> None:
    """Runs a real arq worker until its queue is empty."""
    worker = arq_worker(collector.worker, collector.worker.queue.redis, burst=True)
    worker.cron_jobs = []
    await worker.async_run()


async def test_a_pushed_job_is_worked_on_to_its_end(collector: Collector) -> None:
    """One push is enough, however many slices the job takes."""
    collector.limit_slices_to_one_page()
    pair = await collector.add("okx")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await collector.let_run(job_id)

    await collector.worker.queue.sync([job_id])
    await push_and_work(collector)

    assert (await SyncJob.get(id=job_id)).status is SyncStatus.SUCCEEDED
    assert await collector.stored(pair) == list(collector.market.closed("BTC/USDT", "1m"))


async def test_nothing_is_left_in_redis_when_the_work_is_done(collector: Collector) -> None:
    """Whatever stays for a while has an expiry."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.FORWARD))
    await collector.let_run(job_id)
    await collector.worker.queue.sync([job_id])
    await push_and_work(collector)

    redis = collector.worker.queue.redis
    assert [key async for key in redis.scan_iter() if await redis.ttl(key) == -1] == []


async def test_jobs_in_redis_are_json(collector: Collector) -> None:
    """Who can write to Redis must not be able to run code in a worker."""
    pair = await collector.add("binance")
    await collector.worker.queue.sync([await collector.ask(pair, JobRequest(SyncKind.FORWARD))])

    redis = collector.worker.queue.redis
    [key] = [key async for key in redis.scan_iter("arq:job:*")]
    assert (await redis.get(key)).startswith(b"{")


async def test_one_job_is_open_for_a_pair_however_many_ask(collector: Collector) -> None:
    """Fifty requests at once get the same job, and one of them made it."""
    pair = await collector.add("binance")

    asked = await asyncio.gather(*(jobs.ask([pair.id], JobRequest(SyncKind.INITIAL)) for _ in range(50)))

    assert len({job.id for [job] in asked}) == 1
    assert sum(job.is_new for [job] in asked) == 1


async def test_what_the_schedule_started_makes_way_for_what_is_asked_for(collector: Collector) -> None:
    """A scheduled FORWARD never stands in the way of somebody's backfill."""
    pair = await collector.add("binance")
    [scheduled] = await jobs.ask([pair.id], JobRequest(SyncKind.FORWARD, is_scheduled=True))

    [asked] = await jobs.ask([pair.id], JobRequest(SyncKind.INITIAL))

    assert asked.is_new
    assert not await SyncJob.exists(id=scheduled.id)


async def test_a_forward_that_the_schedule_started_serves_who_asks_for_one(collector: Collector) -> None:
    """The same work is not done twice."""
    pair = await collector.add("binance")
    [scheduled] = await jobs.ask([pair.id], JobRequest(SyncKind.FORWARD, is_scheduled=True))

    [asked] = await jobs.ask([pair.id], JobRequest(SyncKind.FORWARD))

    assert (asked.id, asked.is_new) == (scheduled.id, False)


async def test_a_job_that_somebody_was_told_of_makes_way_no_more(collector: Collector) -> None:
    """Nor is it forgotten: who was given its id finds it."""
    pair = await collector.add("binance")
    [scheduled] = await jobs.ask([pair.id], JobRequest(SyncKind.FORWARD, is_scheduled=True))
    await jobs.ask([pair.id], JobRequest(SyncKind.FORWARD))

    [another] = await jobs.ask([pair.id], JobRequest(SyncKind.INITIAL))
    await collector.finish(scheduled.id)
    collector.advance(timedelta(days=2))
    await schedule.forget(collector.tick("forget"))

    assert another.id == scheduled.id
    assert await SyncJob.exists(id=scheduled.id)


async def test_the_sweep_pushes_what_lost_its_push(collector: Collector) -> None:
    """Redis was emptied after the mutation: the row is the truth, and the sweep brings it back."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.FORWARD))
    await collector.let_run(job_id)
    await collector.worker.queue.sync([job_id])
    await collector.worker.queue.redis.flushdb()
    collector.advance(timedelta(seconds=30))

    await schedule.sweep(collector.tick("sweep"))
    await push_and_work(collector)

    assert (await SyncJob.get(id=job_id)).status is SyncStatus.SUCCEEDED


async def test_the_sweep_takes_over_from_a_killed_worker(collector: Collector) -> None:
    """A lease that was not renewed is free for the taking."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await collector.let_run(job_id)
    await collector.take(job_id)

    await schedule.sweep(collector.tick("sweep"))
    assert await collector.worker.queue.redis.zcard("candelabra:queue") == 0
    collector.advance(timedelta(seconds=40))
    await schedule.sweep(collector.tick("sweep"))
    await push_and_work(collector)

    assert (await SyncJob.get(id=job_id)).status is SyncStatus.SUCCEEDED


async def test_a_pair_gets_each_candle_when_it_has_closed(collector: Collector) -> None:
    """The schedule asks for a FORWARD when the pair's next candle is due, once."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    await pair.refresh_from_db()
    assert pair.due_at == MINUTE.next(collector.market.now())
    upcoming = instant(collector.market.held("BTC/USDT", "1m")[-1][0] + 60_000)
    collector.market.put("BTC/USDT", "1m", contiguous(MINUTE, upcoming, 3))

    await schedule.forward(collector.tick("forward"))
    assert await SyncJob.filter(pair_id=pair.id, is_scheduled=True).count() == 0
    collector.advance(timedelta(minutes=1))
    for _ in range(3):
        await schedule.forward(collector.tick("forward"))
    [scheduled] = await SyncJob.filter(pair_id=pair.id, is_scheduled=True)
    await collector.finish(scheduled.id)

    assert (await collector.stored(pair))[-1] == collector.market.closed("BTC/USDT", "1m")[-1]


async def test_pairs_and_exchanges_that_are_off_are_left_alone(collector: Collector) -> None:
    """Switching off stops the schedule."""
    pair = await collector.add("binance")
    async with connection() as db:
        await db.execute("UPDATE coin_exchanges SET due_at = '-infinity'")
    await exchanges.set_active("binance", is_active=False)

    await schedule.forward(collector.tick("forward"))

    assert not await SyncJob.exists(pair_id=pair.id)


async def test_a_backfill_keeps_its_pairs_newest_candles_too(collector: Collector) -> None:
    """While a long job holds the pair, each of its slices also fetches what has closed since."""
    collector.limit_slices_to_one_page()
    pair = await collector.add("okx")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await collector.slice(job_id)
    upcoming = instant(collector.market.held("BTC/USDT", "1m")[-1][0] + 60_000)
    collector.market.put("BTC/USDT", "1m", contiguous(MINUTE, upcoming, 5))
    collector.advance(timedelta(minutes=3))
    await collector.slice(job_id)

    assert (await collector.stored(pair))[-1] == collector.market.closed("BTC/USDT", "1m")[-1]


async def test_the_market_list_is_loaded_before_the_first_job(collector: Collector) -> None:
    """So that later requests are checked against it."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))

    exchange = await Exchange.get(name="binance")
    assert exchange.markets_refreshed_at == collector.market.now()
    assert set(await listings.named(exchange.id, ["BTC/USDT", "NO/SUCH"])) == {"BTC/USDT"}
    assert "4h" in exchange.intervals


async def test_an_empty_market_list_deactivates_nothing(collector: Collector) -> None:
    """It is not believed; the job waits and the markets stay."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    exchange = await Exchange.get(name="binance")
    before = await listings.active_count(exchange.id)
    collector.loopback.faults.add("exchangeInfo", faults.json('{"symbols": []}'))

    await refresh_markets(["binance"], collector.worker.queue, collector.worker.clock)
    await push_and_work(collector)

    assert await listings.active_count(exchange.id) == before > 0


async def test_a_failed_pair_comes_back_by_itself(collector: Collector) -> None:
    """It stays due; once its exchange lists it, a success clears its status."""
    pair = await collector.add("binance", "NEW/USDT")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    await pair.refresh_from_db()
    assert pair.status is PairStatus.FAILED
    collector.market.put("NEW/USDT", "1m", collector.market.held("BTC/USDT", "1m"))
    collector.advance(timedelta(minutes=12))

    await schedule.forward(collector.tick("forward"))
    [scheduled] = await SyncJob.filter(pair_id=pair.id, is_scheduled=True)
    await collector.finish(scheduled.id)

    await pair.refresh_from_db()
    assert pair.status in {PairStatus.SYNCED, PairStatus.STALE}


async def test_a_pair_whose_exchange_is_gone_is_stale_and_its_job_says_why(collector: Collector) -> None:
    """Until it is back; trying again does not make the pair look better than it is."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    collector.loopback.faults.add("klines", faults.html(502), times=faults.ALWAYS)
    collector.advance(timedelta(minutes=5))
    await schedule.forward(collector.tick("forward"))
    job = await SyncJob.get(pair_id=pair.id, is_scheduled=True)

    for _ in range(3):
        job = await collector.slice(job.id)
        stale = (await backlog(collector.worker.clock())).pairs[PairStatus.STALE]
        assert (stale, job.error_code) == (1, "EXCHANGE_UNAVAILABLE")
    collector.loopback.faults.clear()
    await collector.finish(job.id)

    await pair.refresh_from_db()
    assert pair.status is not PairStatus.FAILED


async def test_a_pair_whose_exchange_stays_away_has_failed_until_it_is_back(collector: Collector) -> None:
    """The last job tells the reason, also when the schedule has begun another."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    collector.loopback.faults.add("klines", faults.html(502), times=faults.ALWAYS)
    failed = await collector.run(pair, JobRequest(SyncKind.FORWARD, is_scheduled=True))
    await pair.refresh_from_db()
    assert (failed.status, failed.error_code, pair.status) == (
        SyncStatus.FAILED,
        "EXCHANGE_UNAVAILABLE",
        PairStatus.FAILED,
    )

    collector.advance(timedelta(minutes=2))
    await schedule.forward(collector.tick("forward"))
    [again] = await SyncJob.filter(pair_id=pair.id, is_scheduled=True, status=SyncStatus.QUEUED)
    await collector.slice(again.id)
    await pair.refresh_from_db()
    assert pair.status is PairStatus.FAILED

    collector.loopback.faults.clear()
    await collector.finish(again.id)
    await pair.refresh_from_db()
    assert pair.status in {PairStatus.SYNCED, PairStatus.STALE}


class Traced:
    """A tracer that tells of one trace alone."""

    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    def span(self, *_: object) -> AbstractContextManager[None]:
        return nullcontext()

    def describe(self, _: object) -> None: ...

    def ended(self, *_: object) -> None: ...

    def handed_on(self) -> dict[str, str]:
        return {"traceparent": self.traceparent}


async def test_a_job_whose_push_was_lost_stays_a_part_of_its_trace(collector: Collector) -> None:
    """The sweep, which belongs to none, pushes it as who asked for it did; so does it a load of a list."""
    pair, redis = await collector.add("binance"), collector.worker.queue.redis
    asking = tracer_in_use.set(Traced())
    await collector.ask(pair, JobRequest(SyncKind.FORWARD))
    await loads.ask(["coins"], now=collector.worker.clock())
    tracer_in_use.reset(asking)
    await schedule.sweep(collector.tick("sweep"))

    pushed = [deserialize(await redis.get(key)) async for key in redis.scan_iter("arq:job:*")]
    assert {push["f"]: push["k"]["traceparent"] for push in pushed} == dict.fromkeys(
        ("sync", "load"), Traced.traceparent
    )


async def test_log_lines_of_a_job_say_whose_request_began_it(collector: Collector) -> None:
    """By the prefix of the key; the schedule's own say nothing of the kind."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.FORWARD, requested_by="cnd_0123456789ab"))
    await asyncio.create_task(collector.slice(job_id), context=(asked := copy_context()))
    job_id = await collector.ask(pair, JobRequest(SyncKind.FORWARD, is_scheduled=True))
    await asyncio.create_task(collector.slice(job_id), context=(scheduled := copy_context()))

    assert asked.run(get_contextvars)["caller"] == "cnd_0123456789ab"
    assert "caller" not in scheduled.run(get_contextvars)


async def test_jobs_that_wait_in_the_queue_are_there_once_however_long_they_wait(collector: Collector) -> None:
    """The sweep does not know whether a push was lost; else the queue would grow until workers only empty it."""
    asked = [
        await collector.ask(await collector.add(name), JobRequest(SyncKind.FORWARD)) for name in ("binance", "okx")
    ]
    redis = collector.worker.queue.redis
    await collector.worker.queue.sync(asked)
    for _ in range(3):
        collector.advance(timedelta(seconds=30))
        await schedule.sweep(collector.tick("sweep"))
    assert await redis.zcard(QUEUE_NAME) == len(asked)

    await redis.flushall()
    collector.advance(timedelta(seconds=30))
    await schedule.sweep(collector.tick("sweep"))
    assert await redis.zcard(QUEUE_NAME) == len(asked)


async def test_a_job_whose_worker_was_killed_is_pushed_as_if_it_were_another(collector: Collector) -> None:
    """Arq still believes it to be at work, for a minute."""
    redis = collector.worker.queue.redis
    job_id = await collector.ask(await collector.add("binance"), JobRequest(SyncKind.FORWARD))
    await collector.worker.queue.sync([job_id])
    await collector.take(job_id)
    collector.advance(collector.worker.limits.lease)
    await schedule.sweep(collector.tick("sweep"))
    assert await redis.zrange(QUEUE_NAME, 0, -1) == [f"{job_id}:0".encode(), f"{job_id}:1".encode()]


async def test_a_job_that_was_picked_up_and_never_taken_is_pushed_as_if_it_were_another(collector: Collector) -> None:
    """Its worker was killed in between; arq would keep it from all others for more than a minute."""
    redis = collector.worker.queue.redis
    job_id = await collector.ask(await collector.add("binance"), JobRequest(SyncKind.FORWARD))
    await collector.worker.queue.sync([job_id])
    picked_up = f"{in_progress_key_prefix}{job_id}:0"
    await redis.psetex(picked_up, timedelta(minutes=1), b"1")
    for _ in range(3):
        collector.advance(timedelta(seconds=30))
        await schedule.sweep(collector.tick("sweep"))

    assert await redis.zrange(QUEUE_NAME, 0, -1) == [f"{job_id}:0".encode(), f"{job_id}:1".encode()]
    await redis.delete(picked_up)
    await collector.work_off(job_id)
    assert (await SyncJob.get(id=job_id)).status is SyncStatus.SUCCEEDED
