"""The market that is told what to hold, and the series it is told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from domain.candle import Row
from domain.clock import END_OF_TIME_MS, EPOCH
from domain.interval import interval
from ops.sandbox.series import Window
from tests.exchange.conftest import Client
from tests.exchange.made_up import contiguous, flat_filled, resampled, shifted, sparse, without
from tests.exchange.market import MemoryMarket, SettableClock
from tests.exchange.recorded import data_folder, recorded, series_name

START = datetime(2024, 2, 27, 22, 30, tzinfo=UTC)
MINUTE = interval("1m")
HOUR = timedelta(hours=1)


@pytest.fixture
def recordings() -> Path:
    folder = data_folder()
    if folder is None:
        pytest.skip("No recorded candles at hand; CANDELABRA_DATA may name a folder of them.")
    return folder / "candles"


def everything(limit: int = 1_000, *, newest: bool = False) -> Window:
    return Window("BTC/USDT", MINUTE, 0, END_OF_TIME_MS, limit, newest)


def times(rows: list[Row]) -> list[datetime]:
    return [EPOCH + timedelta(milliseconds=row[0]) for row in rows]


def test_the_clock_hides_what_is_to_come() -> None:
    """Rows appear as the clock comes to their open, flat and without volume until their time is over."""
    clock = SettableClock(START + timedelta(minutes=3))
    market = MemoryMarket(clock)
    rows = contiguous(MINUTE, START, 10)
    market.put("BTC/USDT", "1m", rows)
    opens_ms, opened, *_ = rows[3]

    assert market.rows(everything()) == [*rows[:3], (opens_ms, opened, opened, opened, opened, "0")]
    assert market.closed("BTC/USDT", "1m") == rows[:3]
    clock.advance(timedelta(minutes=1))
    assert market.rows(everything())[:4] == rows[:4]
    clock.advance(HOUR)
    assert market.rows(everything()) == rows


def test_windows_are_cut_at_either_end() -> None:
    """A limit keeps the oldest rows of the window or the newest."""
    market = MemoryMarket(lambda: START + HOUR)
    rows = contiguous(MINUTE, START, 10)
    market.put("BTC/USDT", "1m", rows)

    assert market.rows(everything(3)) == rows[:3]
    assert market.rows(everything(3, newest=True)) == rows[-3:]
    assert market.rows(Window("BTC/USDT", MINUTE, rows[2][0], rows[5][0], 10)) == rows[2:5]


def test_rows_can_be_revised() -> None:
    """Rows put again replace those of the same time and leave the others alone."""
    market = MemoryMarket(lambda: START + HOUR)
    rows = contiguous(MINUTE, START, 3)
    revised = (*rows[1][:5], "7")
    market.put("BTC/USDT", "1m", rows)
    market.put("BTC/USDT", "1m", [revised])

    assert market.rows(everything()) == [rows[0], revised, rows[2]]


def test_a_contiguous_series() -> None:
    """On the grid without a hole, each row opening where the last closed, with the decimals of the first price."""
    rows = contiguous(interval("1M"), START, 30, price="0.0000002345")

    assert times(rows)[:3] == [datetime(2024, month, 1, tzinfo=UTC) for month in (2, 3, 4)]
    assert all(here[4] == there[1] for here, there in pairwise(rows))
    assert all(len(price.partition(".")[2]) == 10 for row in rows for price in row[1:5])
    assert all(Decimal(row[3]) <= min(Decimal(row[1]), Decimal(row[4])) for row in rows)


def test_holes_are_filled_flat() -> None:
    """Filling gives back every slot, the lost ones flat at the close before them and without volume."""
    rows = contiguous(MINUTE, START, 200)
    thinned = [rows[0], *sparse(rows[1:-1], keep=0.5), rows[-1]]
    filled = flat_filled(thinned, MINUTE)

    assert times(filled) == times(rows)
    assert set(thinned) <= set(filled)
    assert all(row in thinned or row[1:] == (before[4],) * 4 + ("0",) for before, row in pairwise(filled))


def test_an_outage_leaves_a_hole() -> None:
    """The rows of the range are gone, all others are there."""
    rows = contiguous(MINUTE, START, 100)

    assert without(rows, START + timedelta(minutes=10), START + timedelta(minutes=60)) == rows[:10] + rows[60:]


def test_rows_can_leave_the_grid() -> None:
    """Shifting moves the rows of a range and keeps the order of all."""
    rows = without(contiguous(interval("4h"), START, 20), START + 10 * HOUR, START + 20 * HOUR)
    moved = shifted(rows, START + 20 * HOUR, START + 40 * HOUR, -2 * 3_600_000)

    assert len(moved) == len(rows)
    assert all(here < there for here, there in pairwise(times(moved)))
    assert {at.hour % 4 for at in times(moved)} == {0, 2}


@pytest.mark.parametrize("longer", ["5m", "15m", "30m"])
def test_resampling_agrees_with_the_exchange(recordings: Path, longer: str) -> None:
    """Minutes of Binance fold to the longer candles that Binance gave for the same time."""
    minutes = recorded(recordings / "binance__XLM-BTC__1m.csv.gz")
    given = {row[0]: row for row in recorded(recordings / f"binance__XLM-BTC__{longer}.csv.gz")}
    folded = [row for row in resampled(minutes, interval(longer))[1:-1] if row[0] in given]

    assert len(folded) > 10
    for row in folded:
        assert [Decimal(text) for text in row[1:]] == [Decimal(text) for text in given[row[0]][1:]]


async def test_recorded_candles_come_through(client: Client, market: MemoryMarket, recordings: Path) -> None:
    """A recorded series, its rows off the grid included, arrives through CCXT digit for digit."""
    path = recordings / "binance__NEO-BTC__4h.csv.gz"
    rows = recorded(path)
    market.put("BTC/USDT", "4h", rows)

    page = await client("binance").fetch_ohlcv("BTC/USDT", "4h", rows[0][0], 1_000)

    assert series_name(path) == ("binance", "NEO/BTC", "4h")
    assert [tuple(row) for row in page] == rows
    assert any(row[0] % (4 * 3_600_000) for row in page)
