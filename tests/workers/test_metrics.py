"""What a worker counts."""

from datetime import timedelta

import pytest
from prometheus_client import generate_latest

from domain.candle_source import Effort, Priority, SourceError
from domain.clock import instant
from domain.interval import interval
from domain.models import SyncKind, SyncStatus
from domain.queue import redis
from domain.settings import Settings
from domain.storage.jobs import JobRequest
from tests.exchange import faults
from tests.exchange.made_up import contiguous
from tests.exposed import Exposed
from tests.workers.conftest import Collector
from workers.budget import Budget


class Growth:
    """By how much series of this process have grown since this was made."""

    def __init__(self) -> None:
        self._before = self._now()

    @staticmethod
    def _now() -> Exposed:
        return Exposed.of(generate_latest().decode())

    def __call__(self, name: str, **labels: str) -> float:
        before = self._before.values.get((name, frozenset(labels.items())), 0)
        return self._now().values.get((name, frozenset(labels.items())), 0) - before


async def test_candles_requests_and_ends_of_jobs_are_counted(collector: Collector) -> None:
    """As they are stored, sent and reached; candles that an exchange has changed by themselves."""
    pair = await collector.add("binance")
    grown = Growth()
    first = await collector.run(pair, JobRequest(SyncKind.INITIAL))
    assert grown("candelabra_candles_written_total", exchange="binance") == first.candles_written == 1599
    requests = len(collector.loopback.requests)
    assert grown("candelabra_exchange_requests_total", exchange="binance") == requests > 0
    assert grown("candelabra_exchange_duration_seconds_count", exchange="binance") == requests
    assert grown("candelabra_jobs_ended_total", kind="INITIAL", status="SUCCEEDED") == 1

    grown = Growth()
    newest = collector.market.held("BTC/USDT", "1m")[-1]
    last = list(collector.market.closed("BTC/USDT", "1m"))[-1]
    collector.market.put("BTC/USDT", "1m", [(*last[:5], "987.654321")])
    collector.market.put("BTC/USDT", "1m", contiguous(interval("1m"), instant(newest[0] + 60_000), 5))
    collector.advance(timedelta(minutes=3))
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    assert grown("candelabra_candles_written_total", exchange="binance") == 4
    assert grown("candelabra_candles_revised_total", exchange="binance") == 1


@pytest.mark.parametrize(
    ("fault", "code", "bans"),
    [
        (faults.html(503), "EXCHANGE_UNAVAILABLE", 0),
        (faults.json('[[1, "2", "3", "1", "1", "1"]]'), "BAD_PAGE", 0),
        (faults.reply(429, "{}", {"Retry-After": "0.2"}), "RATE_LIMITED", 1),
    ],
)
async def test_errors_of_an_exchange_are_counted_by_code(
    collector: Collector, fault: faults.Fault, code: str, bans: int
) -> None:
    """And bans."""
    pair = await collector.add("binance")
    grown = Growth()
    collector.loopback.faults.add("klines", fault)
    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert job.status is SyncStatus.SUCCEEDED
    assert grown("candelabra_exchange_errors_total", exchange="binance", code=code) == 1
    assert grown("candelabra_exchange_bans_total", exchange="binance") == bans


async def test_waiting_for_the_budget_is_counted(settings: Settings) -> None:
    """Whether it was worth it or not."""
    async with redis(settings.redis_url) as client:
        budget, effort, grown = Budget(client, "waited"), Effort(Priority.BACKFILL), Growth()
        budget.settle(await budget.take(100.0, effort))
        waited = grown("candelabra_exchange_wait_seconds_total", exchange="waited")
        assert waited == pytest.approx(effort.waited_seconds, rel=0.2)
        assert waited > 0.9
        await budget.ban(60)
        with pytest.raises(SourceError):
            await budget.take(100.0, effort)
        await budget.close()
    assert grown("candelabra_exchange_bans_total", exchange="waited") == 1
