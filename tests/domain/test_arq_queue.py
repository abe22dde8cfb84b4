"""Jobs in arq's queue: as arq puts them there, in fewer round trips."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest
from arq import ArqRedis
from redis.asyncio import Redis

from domain.arq_queue import AT_ONCE, Message, enqueue
from domain.queue import QUEUE_NAME, redis
from domain.settings import Settings

_TRACE: Final[dict[str, Any]] = {"traceparent": "00-1-2-01"}


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[ArqRedis]:
    """Of an empty Redis."""
    async with redis(settings.redis_url) as client:
        await client.flushall()
        yield client


async def test_arq_finds_them_as_its_own(client: ArqRedis) -> None:
    """Beside one that it made itself; both are kept as long, and come after the delay."""
    await enqueue(client, "sync", [Message("pair", "ours", _TRACE)], timedelta(seconds=5))
    await client.enqueue_job("sync", "pair", _job_id="its", _defer_by=5, **_TRACE)

    ours, its = sorted(await client.queued_jobs(queue_name=QUEUE_NAME), key=lambda job: job.job_id or "", reverse=True)
    assert (ours.function, ours.args, ours.kwargs) == (its.function, its.args, its.kwargs)
    assert ours.score
    assert its.score
    assert 0 <= its.score - ours.score < 1_000
    assert 0 <= await client.pttl("arq:job:its") - await client.pttl("arq:job:ours") < 1_000


async def test_what_has_not_ended_is_not_put_there_again(client: ArqRedis) -> None:
    """It stays as it was; what has no id is always another."""
    for delay in (0, 60):
        await enqueue(client, "sync", [Message("pair", "one", {})], timedelta(seconds=delay))
    queued = await client.zrange(QUEUE_NAME, 0, -1, withscores=True)
    await enqueue(client, "load", [Message("coins", None, {})] * 2, timedelta())

    assert [name for name, _ in queued] == [b"one"]
    assert (await client.queued_jobs(queue_name=QUEUE_NAME))[0].score == queued[0][1]
    assert await client.zcard(QUEUE_NAME) == 3


async def test_hundreds_take_one_round_trip(client: ArqRedis) -> None:
    await enqueue(client, "sync", [], timedelta())
    before = await calls(client)
    await enqueue(client, "sync", [Message("pair", str(number), {}) for number in range(AT_ONCE)], timedelta())

    assert await client.zcard(QUEUE_NAME) == AT_ONCE
    assert await calls(client) - before == 1


async def calls(client: Redis) -> int:
    """Of scripts, so far."""
    told = await client.info("commandstats")
    return sum(told.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("eval", "evalsha"))
