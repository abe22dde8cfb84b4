"""One budget an exchange, whoever asks."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from domain.queue import redis
from domain.settings import Settings
from domain.source import Effort, Priority, SourceError
from workers.budget import Budget


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Redis]:
    async with redis(settings.redis_url) as opened:
        yield opened


async def test_the_first_request_goes_through_and_pays_afterwards(client: Redis) -> None:
    """As CCXT's own throttle does it."""
    budget, effort = Budget(client, "binance"), Effort(Priority.BACKFILL)
    started = time.monotonic()
    await budget.take(200, effort)
    assert time.monotonic() - started < 0.15
    await budget.take(200, effort)
    assert time.monotonic() - started >= 0.19
    assert effort.waited_seconds >= 0.15


async def test_workers_share_an_exchange_but_exchanges_do_not_wait_for_each_other(client: Redis) -> None:
    """Ten requests of 20 ms by two workers take as long as by one."""
    workers = [Budget(client, "binance"), Budget(client, "binance")]
    started = time.monotonic()
    await asyncio.gather(*(workers[turn % 2].take(20, Effort(Priority.BACKFILL)) for turn in range(10)))
    assert time.monotonic() - started >= 0.17
    await Budget(client, "kraken").take(20, effort := Effort(Priority.BACKFILL))
    assert effort.waited_seconds == 0


async def test_newest_candles_go_before_history(client: Redis) -> None:
    """A forward run that comes last is served before the backfills that wait already."""
    budget, order = Budget(client, "binance"), []

    async def take(priority: Priority) -> None:
        await budget.take(60, Effort(priority))
        order.append(priority)

    await budget.take(60, Effort(Priority.BACKFILL))
    backfills = [asyncio.create_task(take(Priority.BACKFILL)) for _ in range(3)]
    await asyncio.sleep(0.01)
    forward = asyncio.create_task(take(Priority.FORWARD))
    await asyncio.gather(forward, *backfills)

    assert order[0] is Priority.FORWARD


async def test_a_ban_is_remembered_by_all(client: Redis) -> None:
    """A short one is waited out, a long one puts the job off instead of holding it."""
    await Budget(client, "binance").ban(0.2)
    await Budget(client, "binance").take(1, effort := Effort(Priority.FORWARD))
    assert effort.waited_seconds >= 0.15

    await Budget(client, "binance").ban(60)
    with pytest.raises(SourceError) as put_off:
        await Budget(client, "binance").take(1, Effort(Priority.FORWARD))
    assert put_off.value.code == "RATE_LIMITED"
    assert put_off.value.retry_after == pytest.approx(60, abs=2)
