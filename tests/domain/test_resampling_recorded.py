"""Resampled candles against the exchange's own coarser ones, where recordings of both are at hand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from domain.candle import Candle
from domain.clock import instant
from domain.interval import Interval, interval
from domain.settings import Settings
from domain.timerange import TimeRange
from domain.view import View
from tests.domain.viewed import EVER, LONG_AFTER, History, Reader, numbers, stored
from tests.exchange.recorded import data_folder, recorded

# Files of one symbol at one time, side by side at many intervals, and candles that can be compared at least.
RECORDINGS: Final = {
    "candles/binance__ADA-BTC__{}.csv.gz": 3_000,
    "candles/binance__ADA-BTC__{}__2.csv.gz": 3_000,
    "candles/binance__XLM-BTC__{}.csv.gz": 3_000,
    "more/binance__ADA-USDT__{}.csv.gz": 3_000,
    "more/binance__BTC-USDT__{}.csv.gz": 3_000,
    "more/binance__ETH-USDT__{}.csv.gz": 3_000,
}
STEPS: Final = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")

# Here Binance's own minute opens at another price than its longer candles that open with it.
CONTRADICTIONS: Final = {
    datetime(2020, 4, 28, 21, 30, tzinfo=UTC),
    datetime(2020, 4, 24, 21, 18, tzinfo=UTC),
}


def recording(name: str, step: str) -> list[Candle]:
    """The closed candles of a file, none where there is no such file; the last one may have been forming."""
    folder = data_folder()
    if folder is None:
        pytest.skip("No recorded candles here; CANDELABRA_DATA names the folder that holds them.")
    path = folder / name.format(step)
    return [Candle(instant(at), *texts) for at, *texts in recorded(path)][:-1] if path.exists() else []


async def resampled(name: str, source: Interval) -> dict[str, list[Candle]]:
    """Complete candles of every longer interval out of one recording, which is taken for complete."""
    candles = recording(name, source.text)
    if not candles:
        return {}
    covered = TimeRange(source.ceil(candles[0].timestamp), source.next(candles[-1].timestamp))
    pair = await stored(History(candles, [covered], LONG_AFTER), source.text)
    found: dict[str, list[Candle]] = {}
    for step in STEPS:
        if step != source.text and source.divides(interval(step)):
            rows = await Reader(pair, View(interval(step), source), LONG_AFTER).read(EVER, 10_000)
            found[step] = [row for row in rows if row.is_complete]
    return found


@pytest.mark.parametrize(("name", "enough"), RECORDINGS.items(), ids=lambda value: Path(str(value)).stem)
async def test_resampled_candles_are_those_that_the_exchange_has(settings: Settings, name: str, enough: int) -> None:
    """At every interval out of every shorter one, digit for digit, wherever the shorter one covers the longer."""
    compared = 0
    for source in STEPS:
        for step, ours in (await resampled(name, interval(source))).items():
            theirs = {candle.timestamp: numbers(candle) for candle in recording(name, step)}
            both = [candle for candle in ours if candle.timestamp in theirs]
            differing = {candle.timestamp for candle in both if numbers(candle) != theirs[candle.timestamp]}
            assert differing <= CONTRADICTIONS, f"{step} of {source}"
            compared += len(both)
    assert compared >= enough


@pytest.mark.parametrize("name", RECORDINGS, ids=lambda name: Path(name).stem)
async def test_three_days(settings: Settings, name: str) -> None:
    """Counted from 1970, as Binance does for some symbols."""
    theirs = {candle.timestamp: numbers(candle) for candle in recording(name, "3d")}
    if not theirs:
        pytest.skip("No three-day candles were recorded.")
    if any(interval("3d").floor(at) != at for at in theirs):
        pytest.skip("Binance counts the three days of this symbol from its listing, we count them from 1970.")
    for source in ("12h", "1d"):
        ours = (await resampled(name, interval(source)))["3d"]
        assert len(ours) > 60
        assert [numbers(candle) for candle in ours] == [theirs[candle.timestamp] for candle in ours]
