"""Checks on every row that CCXT hands out, because CCXT makes none."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from domain.candle import Row
from domain.interval import Interval

_DECIMAL: Final = re.compile(r"\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)

# Exchanges really send candles that opened off the grid after an outage, but only by whole minutes.
_OFF_GRID_MS: Final = 60_000

_PRICES: Final = 5


class BadPageError(Exception):
    """An answer that cannot be what the exchange has. The message says which rule it breaks."""


def checked_rows(raw: Sequence[Any], interval: Interval) -> list[Row]:
    """The rows as exact text, oldest first, each time once; BadPageError when one cannot be true."""
    rows: dict[int, Row] = {}
    step = min(_OFF_GRID_MS, interval.seconds * 1000)
    for item in raw:
        at, row = _checked(item, step)
        if rows.setdefault(at, row) != row:
            raise BadPageError(f"two different candles are said to open at {row[0].isoformat()}")
    return list(rows.values())


def _checked(item: Any, step: int) -> tuple[int, Row]:
    if not isinstance(item, list) or len(item) <= _PRICES or type(item[0]) is not int:
        raise BadPageError("a row is not a candle")
    at = item[0]
    if at <= 0 or at % step:
        raise BadPageError(f"a candle opens at {at} ms, which is off the minute")
    values = item[1 : _PRICES + 1]
    for value in values:
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise BadPageError(f"the candle at {at} ms lacks a price or volume")
    opened, high, low, close = map(Decimal, values[:4])
    if not (low <= opened <= high and low <= close <= high):
        raise BadPageError(f"the candle at {at} ms has a price outside its low and high")
    return at, (datetime.fromtimestamp(at / 1000, UTC), *values)
