"""Those who write about the same pairs at the same time wait for each other in turn, never in a circle."""

import asyncio
import random
from contextvars import copy_context
from datetime import timedelta
from typing import Final

from domain.clock import instant, system_clock
from domain.database import connection, transaction
from domain.models import Pair, SyncJob, SyncKind
from domain.storage import exchanges, jobs, ledger, listings, pairs, stuck
from domain.storage.jobs import JobRequest
from domain.storage.leases import Progress
from domain.storage.listings import Listing
from domain.storage.pairs import NewPair
from domain.timerange import TimeRange
from tests.patience import PATIENCE
from tests.workers.conftest import Collector
from workers.jobs import schedule
from workers.store import Batch, store

DAY: Final = TimeRange(instant(0), instant(86_400_000))
_WAITING: Final = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND state = 'active'"


async def waits_for_a_lock() -> None:
    async with asyncio.timeout(PATIENCE), connection() as db:
        while not await db.fetchval(_WAITING):  # noqa: ASYNC110  # PostgreSQL sets no event
            await asyncio.sleep(0.01)


async def test_who_cancels_a_job_while_its_page_is_stored_gets_on(collector: Collector) -> None:
    """Both lock the job first and then the pair; the other way round PostgreSQL would throw one of them out."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await collector.let_run(job_id)
    lease = await collector.take(job_id)
    batch = Batch([DAY], [], [DAY], None, Progress(1, 86_400, 0, 0.0, DAY.end))

    elsewhere = copy_context()
    async with transaction() as cancelling:
        await cancelling.execute("UPDATE sync_jobs SET updated_at = now() WHERE id = $1", job_id)
        storing = asyncio.create_task(store(lease, batch, collector.worker.clock()), context=elsewhere)
        await asyncio.create_task(waits_for_a_lock(), context=elsewhere)
        await cancelling.execute("UPDATE coin_exchanges SET updated_at = now() WHERE id = $1", pair.id)
    await storing

    assert (await ledger.of(pair.id)).covered == [DAY]


async def test_jobs_are_asked_for_while_pages_of_their_pair_are_stored(collector: Collector) -> None:
    """Nobody waits for the page."""
    pair = await collector.add("binance")

    elsewhere = copy_context()
    async with transaction() as storing, asyncio.timeout(PATIENCE):
        await ledger.lock(storing, pair.id, [DAY])
        asked = await asyncio.create_task(_ask([pair]), context=elsewhere)

    assert len(asked) == 1


async def test_who_ends_a_job_while_the_schedule_asks_for_its_pair_gets_on(collector: Collector) -> None:
    """The schedule does not hold pairs while it waits for their jobs."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await stuck.schedule([pair.id], collector.worker.clock())

    elsewhere = copy_context()
    async with transaction() as ending:
        await ending.execute("UPDATE sync_jobs SET status = 2 WHERE id = $1", job_id)
        ticking = asyncio.create_task(schedule.forward(collector.tick("forward")), context=elsewhere)
        await asyncio.create_task(waits_for_a_lock(), context=elsewhere)
        await ending.execute("UPDATE coin_exchanges SET due_at = now() + interval '1 day' WHERE id = $1", pair.id)
    await ticking


async def test_jobs_are_asked_for_while_the_schedule_puts_their_pairs_off(collector: Collector) -> None:
    """Whoever was first with a job would wait for the pair, and the schedule for the job."""
    pair, now = await collector.add("binance"), collector.worker.clock()
    await stuck.schedule([pair.id], now)

    elsewhere = copy_context()
    async with transaction(), asyncio.timeout(PATIENCE):
        assert await pairs.due(now=now, limit=10) == [pair.id]
        await pairs.put_off([pair.id], now=now, until=now + timedelta(seconds=30))
        asked = await asyncio.create_task(_ask([pair]), context=elsewhere)

    assert len(asked) == 1


async def test_who_asks_for_the_same_pairs_in_another_order_gets_the_same_jobs(collector: Collector) -> None:
    """However many ask at once, for whatever kind, and whatever the schedule has asked for before."""
    found = [await collector.add("binance", f"{coin}/USDT") for coin in ("BTC", "ETH", "SOL", "XRP", "ADA", "LTC")]
    for pair, kind in zip(found, [SyncKind.FORWARD, SyncKind.REPAIR] * 3, strict=True):
        await jobs.ask([pair.id], JobRequest(kind, is_scheduled=True))
    lot = random.Random(7)
    kinds = [SyncKind.FORWARD, SyncKind.REPAIR] * 10

    answers = await asyncio.gather(*(_ask(lot.sample(found, len(found)), kind) for kind in kinds))

    assert {frozenset(answer) for answer in answers} == {frozenset(answers[0])}


async def test_who_asks_for_many_pairs_gets_on_with_the_schedule(collector: Collector) -> None:
    """Whichever of them have a scheduled job, which makes way, and which are just being given one."""
    found = [(await collector.add("binance", f"C{number}/USDT")).id for number in range(30)]
    lot = random.Random(7)
    for _ in range(10):
        await jobs.ask(lot.sample(found, 15), JobRequest(SyncKind.FORWARD, is_scheduled=True))
        wishes = [JobRequest(SyncKind.FORWARD, is_scheduled=True), JobRequest(SyncKind.INITIAL)]
        await asyncio.gather(*(jobs.ask(lot.sample(found, 20), wish) for wish in wishes * 2))
        await SyncJob.all().delete()


async def test_who_stores_the_same_market_list_in_another_order_waits_its_turn(collector: Collector) -> None:
    """As each worker's first job of an exchange does, at the same time as those of the others."""
    exchange = await exchanges.get("binance")
    listed = [Listing(f"C{number}/USDT", f"C{number}", "USDT", is_active=True) for number in range(3_000)]
    lot = random.Random(7)

    shuffled = [lot.sample(listed, len(listed)) for _ in range(4)]
    await asyncio.gather(*(listings.replace(exchange.id, one, ["1m"], system_clock()) for one in shuffled))

    assert await listings.active_count(exchange.id) == len(listed)


async def test_who_adds_the_same_pairs_in_another_order_gets_the_same_pairs(collector: Collector) -> None:
    """Whether their coins are new, too, or not."""
    exchange, lot = await exchanges.get("binance"), random.Random(7)
    for step in ("1h", "1m"):
        wanted = [NewPair(f"C{number}/USDT", f"C{number}", "USDT", step, DAY.end) for number in range(1_000)]
        shuffled = [lot.sample(wanted, len(wanted)) for _ in range(4)]
        added = await asyncio.gather(*(pairs.add(exchange.id, one) for one in shuffled))

        assert len({frozenset(pair.id for pair in found) for found in added}) == 1
        assert len(added[0]) == len(wanted)


async def _ask(asking: list[Pair], kind: SyncKind = SyncKind.FORWARD) -> list[object]:
    return [job.id for job in await jobs.ask([pair.id for pair in asking], JobRequest(kind))]
