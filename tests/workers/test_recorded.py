"""Real series, served again in several dialects, come out as they went in."""

from pathlib import Path

import pytest

from domain.candle import Row
from domain.clock import instant
from domain.interval import interval
from domain.models import SyncKind, SyncStatus
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests.exchange.made_up import contiguous, sparse
from tests.exchange.recorded import data_folder, recorded
from tests.workers.conftest import Collector

DIALECTS = ("binance", "coinbase", "okx", "bybit", "bitfinex")
SERIES = (
    "candles/binance__ADA-BTC__1h.csv.gz",  # with an outage of seven hours
    "candles/binance__NEO-BTC__4h.csv.gz",  # with candles two hours off the grid
    "candles/bitfinex__IOT-USD__1m.csv.gz",  # three of four minutes without a trade
    "candles/bittrex__WAX-BTC__1m.csv.gz",  # most minutes without a trade
    "candles/bitstamp__BTC-USD__1m.csv.gz",  # flat-filled
    "candles/binance__ADA-BTC__1M__2.csv.gz",
    "candles/binance__ADA-BTC__1w.csv.gz",
    "candles/kraken__BTC-USDT__1m.csv.gz",
)
UNSERVED = {("coinbase", "4h"), ("coinbase", "1w"), ("coinbase", "1M"), ("okx", "2M")}


def series(name: str) -> tuple[str, list[Row]]:
    """The recorded series, or one made up to be as sparse, where no recordings are at hand."""
    step = Path(name).name.split("__")[2].removesuffix(".csv.gz")
    folder = data_folder()
    if folder:
        return step, recorded(folder / name)
    rows = contiguous(interval(step), instant(1_530_000_000_000), 60)
    return step, sparse(rows, keep=0.4)


@pytest.mark.parametrize("name", SERIES, ids=lambda name: Path(name).name.split(".")[0])
@pytest.mark.parametrize("exchange", DIALECTS)
async def test_a_recorded_series_is_stored_digit_for_digit(collector: Collector, exchange: str, name: str) -> None:
    """Holes, flat fills, candles off the grid and sparse minutes survive every dialect."""
    step, rows = series(name)
    if (exchange, step) in UNSERVED:
        pytest.skip(f"{exchange} serves no {step}")
    grid = interval(step)
    span = TimeRange(grid.floor(instant(rows[0][0])), grid.next(instant(rows[-1][0])))
    collector.market.put("BTC/USD", step, [])
    collector.market.replace("BTC/USD", step, rows)
    collector.market.replace("BTC/USD", "1d", rows)
    pair = await collector.add(exchange, "BTC/USD", step)

    job = await collector.run(pair, JobRequest(SyncKind.RANGE, span.start, span.end))

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    assert await collector.stored(pair) == rows
    assert await collector.covered(pair) == [span]
