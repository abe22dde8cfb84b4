"""Candles as text, their decimals untouched."""

import json
from typing import Final

_COLUMNS: Final = ("timestamp", "open", "high", "low", "close", "volume")
CSV_HEADER: Final = ",".join(_COLUMNS) + "\n"


def csv(candles: list[dict[str, str]]) -> str:
    """Instants and decimals need no quotes."""
    return "".join(",".join(candle[name] for name in _COLUMNS) + "\n" for candle in candles)


def ndjson(candles: list[dict[str, str]]) -> str:
    return "".join(json.dumps(candle) + "\n" for candle in candles)
