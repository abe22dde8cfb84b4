"""No digit is lost between the exchange's wire and the answer."""

import pytest

from domain.clock import instant
from domain.interval import interval
from domain.models import SyncKind
from domain.storage.jobs import JobRequest
from tests.exchange.dialects.registry import DIALECTS
from tests.workers.conftest import Collector

ROWS = [
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


@pytest.mark.parametrize("exchange", sorted(set(DIALECTS) - {"kraken", "gemini", "gate"}))
async def test_prices_are_never_floats_on_their_way(collector: Collector, exchange: str) -> None:
    """Also where the exchange sends JSON numbers, which CCXT reads as floats."""
    collector.market.put("BTC/USD", "1m", ROWS)
    collector.market.replace("BTC/USD", "1m", ROWS)
    collector.market.put("BTC/USD", "1d", [(1_699_920_000_000, *ROWS[1][1:])])
    pair = await collector.add(exchange, "BTC/USD")
    step = interval("1m")
    start = instant(ROWS[0][0])

    job = await collector.run(pair, JobRequest(SyncKind.RANGE, start, step.shift(start, 3)))

    assert job.error_message is None
    assert await collector.stored(pair) == ROWS
