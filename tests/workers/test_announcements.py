"""Workers say that there is something to read, after it can be read."""

import asyncio

from domain.live.channels import job_channel, pair_channel
from domain.live.listener import Listener
from domain.models import SyncKind, SyncStatus
from domain.storage import jobs
from domain.storage.jobs import JobRequest
from tests.workers.conftest import Collector


async def test_a_job_and_its_pair_are_announced_until_the_job_has_ended(collector: Collector) -> None:
    """Who looks at every hint has seen the end by the last of them."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    hints: asyncio.Queue[str | None] = asyncio.Queue()
    listener = Listener(collector.worker.queue.redis, hints.put_nowait)
    listening = asyncio.create_task(listener.listen())
    heard = set[str]()
    async with listener.wanting(job_channel(job_id)), listener.wanting(pair_channel(pair.id)):
        assert await hints.get() is None
        working = asyncio.create_task(collector.finish(job_id))
        status = SyncStatus.QUEUED
        async with asyncio.timeout(30):
            while status is not SyncStatus.SUCCEEDED or len(heard) < 2:
                heard.add(await hints.get() or "")
                status = (await jobs.get(job_id)).status
        await working
    listening.cancel()
    await asyncio.wait({listening})

    assert heard == {job_channel(job_id), pair_channel(pair.id)}
