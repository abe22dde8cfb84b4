"""Workers say that there is something to read, after it can be read."""

import asyncio

from domain.live.channels import job_channel, pair_channel
from domain.live.listener import Listener
from domain.models import SyncKind, SyncStatus
from domain.storage import jobs
from domain.storage.jobs import JobRequest
from tests.patience import PATIENCE
from tests.workers.conftest import Collector


async def test_the_end_of_a_job_is_announced_once_it_can_be_read(collector: Collector) -> None:
    """To who follows the job, and to who follows its pair, also where the job found nothing to do."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.INITIAL))
    job_id = await collector.ask(pair, JobRequest(SyncKind.REPAIR))
    hints: asyncio.Queue[str | None] = asyncio.Queue()
    listener = Listener(collector.worker.queue.redis, hints.put_nowait)
    listening = asyncio.create_task(listener.listen())
    async with listener.wanting(job_channel(job_id)), listener.wanting(pair_channel(pair.id)):
        assert await hints.get() is None
        working = asyncio.create_task(collector.finish(job_id))
        async with asyncio.timeout(PATIENCE):
            while await hints.get() != pair_channel(pair.id):
                pass
            status = (await jobs.get(job_id)).status
        await working
    listening.cancel()
    await asyncio.wait({listening})

    assert status is SyncStatus.SUCCEEDED
