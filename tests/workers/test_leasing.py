"""A job is held for as long as its worker lives, and given back as soon as it cannot go on."""

import asyncio
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from arq import Retry

from domain.errors import OverloadedError
from domain.models import SyncJob, SyncKind
from domain.storage import leases, pushes
from domain.storage.jobs import JobRequest
from tests.exchange import faults
from tests.patience import PATIENCE
from tests.workers.conftest import Collector
from workers.context import JobContext
from workers.jobs.outages import again_after_outage, made_up_for
from workers.jobs.sync import sync
from workers.leasing import renewed


async def asked(collector: Collector) -> UUID:
    """A job that is due."""
    job_id = await collector.ask(await collector.add("binance"), JobRequest(SyncKind.INITIAL))
    await collector.let_run(job_id)
    return job_id


async def test_a_lease_is_renewed_however_long_the_exchange_takes(collector: Collector) -> None:
    """A page that takes longer than a lease does not lose the job."""
    lease = await collector.take(await asked(collector))
    later, length = collector.market.now() + timedelta(minutes=1), timedelta(seconds=0.2)

    async with renewed(lease, lambda: later, length):
        await asyncio.sleep(0.3)

    assert (await SyncJob.get(id=lease.job_id)).leased_until == later + length


async def test_a_lease_outlives_a_moment_without_a_free_connection(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker with more jobs than connections keeps renewing: the next attempt makes up for one that got none."""
    lease = await collector.take(await asked(collector))
    later, length = collector.market.now() + timedelta(minutes=1), timedelta(seconds=0.2)
    renew, attempts = leases.renew, iter([OverloadedError("all connections are taken")])

    async def crowded(*args: Any, **options: Any) -> None:
        if error := next(attempts, None):
            raise error
        await renew(*args, **options)

    monkeypatch.setattr(leases, "renew", crowded)
    async with renewed(lease, lambda: later, length):
        await asyncio.sleep(0.3)

    assert (await SyncJob.get(id=lease.job_id)).leased_until == later + length


async def test_a_cancelled_slice_gives_its_job_back(collector: Collector) -> None:
    """As when the worker is told to stop while the exchange hangs."""
    job_id = await asked(collector)
    collector.loopback.faults.add("klines", faults.hang(30))
    working = asyncio.create_task(sync({"worker": collector.worker, "job_id": str(job_id)}, str(job_id)))
    async with asyncio.timeout(PATIENCE):
        while not any(seen.path.endswith("klines") for seen in collector.loopback.requests):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    working.cancel()
    await asyncio.wait({working})

    assert (await SyncJob.get(id=job_id)).leased_until is None
    assert (await collector.take(job_id)).token == 2


async def test_a_lease_that_ran_out_is_pushed_at_once(collector: Collector) -> None:
    """However recent its last push: a killed worker's jobs wait for their lease and for nothing else."""
    job_id = await asked(collector)
    await collector.worker.queue.sync([job_id])
    await collector.take(job_id)
    started = collector.market.now()
    collector.advance(collector.worker.limits.lease)

    due = await pushes.due(now=collector.market.now(), unpushed_since=started - timedelta(seconds=10), limit=10)

    assert [push.id for push in due] == [job_id]


async def test_what_meets_an_outage_is_run_again() -> None:
    """By the queue, since nothing could be written down; a mistake would be made again, and is told."""

    @again_after_outage
    async def job(_: object, error: Exception) -> None:
        raise error

    with pytest.raises(Retry):
        await job(cast("JobContext", {}), ConnectionRefusedError())
    with pytest.raises(Retry):
        await job(cast("JobContext", {}), OverloadedError("all connections are taken"))
    with pytest.raises(KeyError):
        await job(cast("JobContext", {}), KeyError("series"))


async def test_a_tick_that_meets_an_outage_is_left_to_the_next(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """Its log says so in a line; a mistake of ours is no outage."""

    async def forward(_: JobContext) -> None:
        raise ConnectionRefusedError("nobody listens")

    async def mistaken(_: JobContext) -> None:
        raise ZeroDivisionError

    ctx: JobContext = {"worker": collector.worker, "job_id": "cron:forward:0"}
    await made_up_for(forward)(ctx)
    with pytest.raises(ZeroDivisionError):
        await made_up_for(mistaken)(ctx)

    assert caplog.messages == ["forward waits for its next tick: ConnectionRefusedError: nobody listens"]
