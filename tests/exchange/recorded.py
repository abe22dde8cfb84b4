"""Real candles recorded from exchanges, where a folder of them is at hand."""

import csv
import gzip
from decimal import Decimal
from os import environ
from pathlib import Path

from domain.candle import Row

_BESIDE_THE_REPOSITORY = Path(__file__).parents[3] / "shared" / "data"


def data_folder() -> Path | None:
    """The folder that CANDELABRA_DATA names, or one beside the repository; None where there is none."""
    folder = Path(environ.get("CANDELABRA_DATA", _BESIDE_THE_REPOSITORY))
    return folder if folder.is_dir() else None


def recorded(path: Path) -> list[Row]:
    """Rows of a csv.gz with the columns ts_ms, open, high, low, close, volume, without exponents."""
    with gzip.open(path, "rt", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        return [_row(*line) for line in lines]


def series_name(path: Path) -> tuple[str, str, str]:
    """Exchange, symbol and timeframe of a file such as binance__NEO-BTC__4h.csv.gz."""
    exchange, symbol, timeframe, *_ = path.name.removesuffix(".csv.gz").split("__")
    return exchange, symbol.replace("-", "/"), timeframe


def _row(opens_ms: str, *numbers: str) -> Row:
    opened, high, low, close, volume = (f"{Decimal(number):f}" for number in numbers)
    return (int(opens_ms), opened, high, low, close, volume)
