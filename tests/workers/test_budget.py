"""One budget an exchange, whoever asks."""

import asyncio
import random
import time
from bisect import bisect_left
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from domain.candle_source import Effort, Priority, SourceError
from domain.clock import system_clock
from domain.queue import redis
from domain.settings import Settings
from tests.patience import PATIENCE
from tests.tardiness import Tardiness, tardiness
from workers.budget import Budget
from workers.exchanges import open_exchanges

# Seconds that an exchange is left alone of which Redis knows nothing.
OPENING = 1.0

# Seconds, fewer than the 0.05 after which whoever does not come for its turn is passed by.
A_MOMENT = 0.04


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Redis]:
    async with redis(settings.redis_url) as opened:
        yield opened


async def request(budget: Budget, milliseconds: float, effort: Effort | None = None) -> None:
    """A request that is answered at once."""
    budget.settle(await budget.take(milliseconds, effort or Effort(Priority.BACKFILL)))
    await budget.close()


async def opened(client: Redis, exchange: str = "binance") -> Budget:
    """A budget of which nothing was used lately."""
    await client.hset(f"candelabra:budget:{exchange}", "free_at", "0")  # type: ignore[misc]
    return Budget(client, exchange)


async def test_a_budget_that_redis_does_not_know_may_have_been_used_up_a_moment_ago(client: Redis) -> None:
    """After Redis lost everything, no more is asked than before."""
    budget, effort = Budget(client, "binance"), Effort(Priority.BACKFILL)
    for times in (1, 2):
        async with tardiness() as late:
            await request(budget, 200, effort)
        assert times * OPENING - 0.01 <= effort.waited_seconds <= times * (OPENING + 0.2 + 2 * late.worst)
        await client.flushall()


async def test_a_redis_whose_clock_was_set_back_holds_up_nobody(client: Redis) -> None:
    """What it wrote down when it was ahead is not waited for, but counts as a budget that may have been used up."""
    ahead = (time.time() + 3_600) * 1_000
    await client.hset("candelabra:budget:binance", "free_at", str(ahead))  # type: ignore[misc]
    await client.zadd("candelabra:budget:binance:grants", {"another's:1000": ahead})

    budget, effort = Budget(client, "binance"), Effort(Priority.BACKFILL)
    async with tardiness() as late:
        await request(budget, 200, effort)
    assert OPENING - 0.01 <= effort.waited_seconds <= OPENING + 0.2 + 2 * late.worst


async def test_requests_pay_afterwards(client: Redis) -> None:
    """As CCXT's own throttle does it."""
    budget, effort = await opened(client), Effort(Priority.BACKFILL)
    started = time.monotonic()
    await request(budget, 450, effort)
    assert effort.waited_seconds == 0
    await request(budget, 450, effort)
    assert time.monotonic() - started >= 0.19


async def test_workers_share_an_exchange_but_exchanges_do_not_wait_for_each_other(client: Redis) -> None:
    """Sixty requests of 20 ms by two workers take as long as by one."""
    kraken = await opened(client, "kraken")
    workers = [await opened(client), Budget(client, "binance")]
    started = time.monotonic()
    await asyncio.gather(*(request(workers[turn % 2], 20) for turn in range(60)))
    assert time.monotonic() - started >= 0.9
    await request(kraken, 20, effort := Effort(Priority.BACKFILL))
    assert effort.waited_seconds == 0


class Arrivals:
    """What an exchange sees of requests that dawdle on their way there and back."""

    def __init__(self, seed: int) -> None:
        self.at: list[float] = []
        self._random = random.Random(seed)

    async def request(self, budget: Budget, milliseconds: float) -> None:
        grant = await budget.take(milliseconds, Effort(Priority.BACKFILL))
        await asyncio.sleep(self._random.uniform(0, 0.05))
        self.at.append(time.monotonic())
        await asyncio.sleep(self._random.uniform(0, 0.02))
        budget.settle(grant)
        await budget.close()

    def fullest_second(self) -> int:
        ordered = sorted(self.at)
        return max(bisect_left(ordered, at + 1) - place for place, at in enumerate(ordered))


async def test_no_second_sees_more_than_fits_however_late_requests_leave(client: Redis) -> None:
    """Fifty a second are allowed; three workers ask ten times as often and use what is allowed."""
    arrivals = Arrivals(seed=7)
    workers = [Budget(client, "binance") for _ in range(3)]
    tasks = [asyncio.create_task(arrivals.request(workers[turn % 3], 20)) for turn in range(90)]
    async with tardiness() as late:
        await asyncio.gather(*tasks)

    assert arrivals.fullest_second() <= 50
    assert max(arrivals.at) - min(arrivals.at) <= len(arrivals.at) / 45 + 4 * late.worst


async def test_a_killed_worker_takes_its_grants_with_it_for_a_moment_only(client: Redis) -> None:
    """They count as on their way until they surely have arrived; then the others have all of the exchange again."""
    killed, arrivals = await opened(client), Arrivals(seed=8)
    await asyncio.sleep(0.3)
    for _ in range(10):
        await killed.take(100, Effort(Priority.BACKFILL))
        arrivals.at.append(time.monotonic())
    started = time.monotonic()
    await asyncio.gather(*(arrivals.request(Budget(client, "binance"), 100) for _ in range(3)))

    assert arrivals.fullest_second() <= 10
    assert 1 < time.monotonic() - started < 5


async def test_newest_candles_go_before_history(client: Redis) -> None:
    """A forward run that comes last is served before the backfills that wait already, also those of other workers.

    Unless it comes so late for its turn that its worker might be gone; then this shows nothing.
    """
    async with asyncio.timeout(PATIENCE):
        late = Tardiness(A_MOMENT)
        while late.worst >= A_MOMENT:
            async with tardiness() as late:
                first = await first_served(client)

    assert first is Priority.FORWARD


async def first_served(client: Redis) -> Priority:
    """Of backfills of two workers and a forward run, who all wait for the end of a ban; the second comes much later."""
    budget, other = await opened(client), Budget(client, "binance")
    await budget.ban(0.5)
    waiting = {asyncio.create_task(request(one, 400)): Priority.BACKFILL for one in (budget, other) for _ in range(3)}
    await asyncio.sleep(0.01)
    waiting[asyncio.create_task(request(budget, 400, Effort(Priority.FORWARD)))] = Priority.FORWARD
    [served], others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return waiting[served]


async def test_what_costs_much_is_not_passed_by_for_ever(client: Redis) -> None:
    """Those who come later leave it room, though each of them would fit, twenty a second."""
    cheap, dear, served = await opened(client), Budget(client, "binance"), asyncio.Event()
    passing = 0

    async def go_on() -> None:
        nonlocal passing
        while not served.is_set():
            await request(cheap, 50)
            passing += 1

    crowd = [asyncio.create_task(go_on()) for _ in range(3)]
    async with asyncio.timeout(PATIENCE):
        while passing < 10:  # noqa: ASYNC110  # a budget sets no event
            await asyncio.sleep(0.01)
    before = passing
    await request(dear, 1_000)
    served.set()
    await asyncio.gather(*crowd)
    assert passing - before < 40


async def test_a_crowd_waits_as_long_as_its_last(client: Redis) -> None:
    """Pages that wait side by side do not make a job wait longer than it lasts, and it can tell while they wait."""
    budget, effort = await opened(client), Effort(Priority.BACKFILL)
    started = time.monotonic()
    crowd = [asyncio.create_task(request(budget, 100, effort)) for _ in range(8)]
    async with tardiness() as late:
        await asyncio.sleep(0.25)
    _, waited = effort.drain()
    assert 0.2 - 2 * late.worst <= waited <= time.monotonic() - started
    await asyncio.gather(*crowd)
    assert 0.1 <= effort.waited_seconds <= time.monotonic() - started - waited


async def test_a_ban_is_remembered_by_all(client: Redis) -> None:
    """A short one is waited out, a long one puts the job off instead of holding it."""
    banned, started = await opened(client), time.monotonic()
    await banned.ban(0.2)
    await request(Budget(client, "binance"), 1, Effort(Priority.FORWARD))
    assert time.monotonic() - started >= 0.19

    await Budget(client, "binance").ban(60)
    with pytest.raises(SourceError) as put_off:
        await Budget(client, "binance").take(1, Effort(Priority.FORWARD))
    assert put_off.value.code == "RATE_LIMITED"
    assert put_off.value.retry_after == pytest.approx(60, abs=2)


async def test_a_ban_holds_also_where_nothing_else_limits_requests(client: Redis) -> None:
    """With rate_limit = 0 requests cost nothing and do not wait for each other, but leave a banned exchange alone."""
    budget, effort = Budget(client, "binance"), Effort(Priority.BACKFILL)
    assert [await budget.take(0, effort) for _ in range(3)] == [None] * 3
    assert effort.waited_seconds == 0

    await Budget(client, "binance").ban(0.2)
    await budget.take(0, effort)
    assert effort.waited_seconds >= 0.15

    await Budget(client, "binance").ban(60)
    with pytest.raises(SourceError) as put_off:
        await budget.take(0, effort)
    assert put_off.value.code == "RATE_LIMITED"


async def test_ccxt_may_be_told_to_limit_nothing_and_bans_hold_all_the_same(
    settings: Settings, client: Redis, tmp_path: Path
) -> None:
    """With enableRateLimit = false in CCXT's own words; a banned exchange is not asked."""
    file = tmp_path / "exchanges.toml"
    file.write_text('[[exchange]]\nname = "binance"\n[exchange.ccxt]\nenableRateLimit = false\n')
    await Budget(client, "binance").ban(60)
    own = settings.model_copy(update={"exchanges_file": file})
    async with open_exchanges(own, client, system_clock) as exchanges:
        assert exchanges.gateways["binance"].rate_limit == 0
        with pytest.raises(SourceError) as put_off:
            await (await exchanges.get("binance")).markets(Effort(Priority.FORWARD))
    assert put_off.value.code == "RATE_LIMITED"
