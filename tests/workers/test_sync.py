"""The sync engine, through unmodified CCXT, over real HTTP into real PostgreSQL."""

from datetime import datetime, timedelta

import pytest

from domain.clock import instant, milliseconds
from domain.interval import interval
from domain.models import Pair, PairStatus, SyncKind, SyncStatus
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from ops.sandbox.series import Row
from tests.exchange import distortion, faults
from tests.exchange.conftest import HISTORY
from tests.exchange.dialects.registry import DIALECTS
from tests.exchange.made_up import contiguous, without
from tests.workers.conftest import Collector

MINUTE = interval("1m")
SERVES_NEWEST_ONLY = {"kraken": 720, "gemini": 1_439}


def closed(collector: Collector) -> list[Row]:
    """What the exchange honestly has."""
    return list(collector.market.closed("BTC/USDT", "1m"))


def span(rows: list[Row]) -> TimeRange:
    return TimeRange(instant(rows[0][0]), MINUTE.next(instant(rows[-1][0])))


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
async def test_a_backfill_stores_what_the_exchange_has_digit_for_digit(collector: Collector, exchange: str) -> None:
    """INITIAL reaches back to the listing, or to the oldest candle that the exchange still serves, and says so."""
    pair = await collector.add(exchange)

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    served = closed(collector)[-SERVES_NEWEST_ONLY.get(exchange, HISTORY) :]
    assert (job.status, job.error_message) == (SyncStatus.SUCCEEDED, None)
    assert await collector.stored(pair) == served
    assert await collector.covered(pair) == [span(served)]
    await pair.refresh_from_db()
    assert pair.listed_at == instant(served[0][0])
    assert (pair.status, pair.candle_count) == (PairStatus.SYNCED, len(served))
    assert (job.candles_written, job.seconds_done) == (len(served), job.seconds_planned)
