"""No digit and no minute is lost between the exchange's wire and the answer."""

import os
import time
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from api.app import create_app
from domain.clock import instant
from domain.database import connection
from domain.interval import interval
from domain.models import SyncKind, SyncStatus
from domain.settings import Settings
from domain.storage import candles
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.api.conftest import served
from tests.conftest import empty
from tests.exchange.dialects.registry import DIALECTS
from tests.exchange.made_up import contiguous
from tests.workers.conftest import MINUTE, Collector

ROWS: Final = [
    (
        1_700_000_040_000,
        "0.000000000000000001",
        "0.000000000000000003",
        "0.000000000000000001",
        "0.000000000000000002",
        "1",
    ),
    (1_700_000_100_000, "123456789.123456789123", "123456789.987654321987", "0.1", "0.30000000000000004", "0.1"),
    (1_700_000_160_000, "999999999999999.99", "1000000000000000.01", "1.10", "1.100", "12345678901234567890.123456789"),
]
NAMES: Final = ("open", "high", "low", "close", "volume")


@pytest.mark.parametrize("exchange", sorted(set(DIALECTS) - {"kraken", "gemini", "gate"}))
async def test_prices_are_never_floats_on_their_way(collector: Collector, exchange: str) -> None:
    """Also where the exchange sends JSON numbers, which CCXT reads as floats."""
    collector.market.put("BTC/USD", "1m", ROWS)
    collector.market.replace("BTC/USD", "1m", ROWS)
    collector.market.put("BTC/USD", "1d", [(1_699_920_000_000, *ROWS[1][1:])])
    pair = await collector.add(exchange, "BTC/USD")
    start = instant(ROWS[0][0])

    job = await collector.run(pair, JobRequest(SyncKind.RANGE, start, MINUTE.shift(start, 3)))

    assert job.error_message is None
    assert await collector.stored(pair) == ROWS


@pytest.mark.parametrize("exchange", ["kraken", "gemini", "gate"])
async def test_prices_are_never_floats_where_only_recent_candles_are_served(
    collector: Collector, exchange: str
) -> None:
    """The same digits, a few minutes ago."""
    start = MINUTE.shift(collector.market.now(), -3)
    recent = [(row[0] - ROWS[0][0] + int(start.timestamp()) * 1_000, *row[1:]) for row in ROWS]
    forming = contiguous(MINUTE, MINUTE.shift(start, 3), 1)
    collector.market.put("BTC/USD", "1m", [])
    collector.market.replace("BTC/USD", "1m", [*recent, *forming])
    pair = await collector.add(exchange, "BTC/USD")

    job = await collector.run(pair, JobRequest(SyncKind.RANGE, start, MINUTE.shift(start, 3)))

    assert job.error_message is None
    assert await collector.stored(pair) == recent


QUERY: Final = """
query ($interval: Interval!) {
  candles(exchange: "binance", symbol: "BTC/USDT", interval: $interval, first: 9, from: "2023-11-14T22:00:00Z") {
    nodes { timestamp open high low close volume }
  }
}
"""


async def test_prices_are_answered_digit_for_digit(installation: Settings) -> None:
    """From 1e-18 to 1e15 over HTTP, as they are stored and as PostgreSQL folds them into longer candles."""
    now = instant(ROWS[-1][0] + 3_600_000)
    app = create_app(installation, lambda: now)
    async with served(app, installation) as url, httpx.AsyncClient(base_url=url) as http:
        pair = await factories.pair()
        async with connection() as db:
            await candles.upsert(db, pair.series, ROWS)
        await factories.cover(pair, TimeRange(instant(ROWS[0][0]), now))
        minutes = (await Client(http).data(QUERY, interval="1m"))["candles"]["nodes"]
        [hour] = (await Client(http).data(QUERY, interval="1h"))["candles"]["nodes"]
        await empty(installation)

    assert [tuple(node[name] for name in NAMES) for node in minutes] == [row[1:] for row in ROWS]
    assert [hour[name] for name in NAMES] == [
        "0.000000000000000001",
        "1000000000000000.01",
        "0.000000000000000001",
        "1.100",
        "12345678901234567891.223456789",
    ]


@pytest.fixture(params=["America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """The machine stands somewhere else for the time of a test."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("step", ["1m", "1d", "1w", "1M"])
async def test_where_the_machine_stands_changes_nothing(collector: Collector, elsewhere: str, step: str) -> None:
    """Days are UTC days, weeks begin on Monday in UTC, in the worker and in the database."""
    grid = interval(step)
    rows = contiguous(grid, grid.shift(collector.market.now(), -30), 31)
    collector.market.replace("BTC/USD", step, rows)
    pair = await collector.add("binance", "BTC/USD", step)

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert time.localtime(0).tm_gmtoff != 0
    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    assert await collector.stored(pair) == rows[:-1]
    [covered] = await collector.covered(pair)
    assert covered == TimeRange(instant(rows[0][0]), instant(rows[-1][0]))
