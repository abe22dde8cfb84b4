"""What is done without Redis while it is away, and who waits for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from domain.circuit_breaker import CircuitBreaker
from domain.queue import redis
from domain.settings import Settings

_SECONDS = 0.1
_FROZEN_MS = 1_000


@pytest.fixture
async def client(installation: Settings) -> AsyncIterator[Redis]:
    async with redis(installation.redis_url) as client:
        yield client


async def seconds(breaker: CircuitBreaker, client: Redis) -> float:
    """That it took to be told nothing."""
    now = asyncio.get_running_loop().time
    before = now()
    assert await breaker.answer(client.ping) is None
    return now() - before


async def test_of_a_frozen_redis_who_asks_as_it_freezes_hears_nothing_and_nobody_waits_after_that(
    client: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is looked for meanwhile; once it is back it is asked again, and the log has a line of each."""
    monkeypatch.setattr("domain.circuit_breaker._PAUSE_SECONDS", 0.0)
    breaker = CircuitBreaker(client, seconds=_SECONDS, purpose="tea")
    with caplog.at_level("INFO", logger="domain.circuit_breaker"):
        assert await breaker.answer(client.ping)
        await client.client_pause(_FROZEN_MS, all=True)

        waits = [await seconds(breaker, client)]
        while breaker.is_away:
            await asyncio.sleep(_SECONDS / 10)
            if breaker.is_away:
                waits.append(await seconds(breaker, client))
        assert await breaker.answer(client.ping)

    assert waits[0] >= _SECONDS
    assert max(waits[1:]) < _SECONDS / 2
    assert [record.getMessage() for record in caplog.records] == [
        "doing without tea because Redis is away: TimeoutError: ",
        "no longer doing without tea: Redis answers again",
    ]


async def test_redis_is_left_alone_for_a_while(client: Redis) -> None:
    """Though it may be back at once."""
    breaker = CircuitBreaker(client, seconds=_SECONDS, purpose="tea")
    breaker.miss(OSError("gone"))

    assert [await breaker.answer(client.ping) for _ in range(3)] == [None] * 3
