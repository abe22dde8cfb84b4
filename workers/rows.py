"""Checks on every row that CCXT hands out, because CCXT makes none."""

import re
from collections.abc import Sequence
from typing import Any, Final

from domain.candle import Row
from domain.clock import END_OF_TIME_MS

# Exchanges really send candles that opened off the grid after an outage, but only by whole minutes.
_MINUTE_MS: Final = 60_000

_COLUMNS: Final = 6
_DECIMAL: Final = r"[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]{1,3})?+"
_VALUES: Final = re.compile(rf"(?:{_DECIMAL} {_DECIMAL} {_DECIMAL} {_DECIMAL} {_DECIMAL}\n)*+")


class BadPageError(Exception):
    """An answer that cannot be what the exchange has. The message says which rule it breaks."""


def checked_rows(raw: Sequence[Any]) -> list[Row]:
    """The rows as exact text, oldest first, each time once; BadPageError when one cannot be true.

    Low, open, close and high are put in order by nobody here: PostgreSQL checks them exactly when it stores them.
    """
    rows = [tuple(row) for row in raw if isinstance(row, list) and len(row) == _COLUMNS and type(row[0]) is int]
    if len(rows) < len(raw):
        raise BadPageError("a row is not a candle")
    # Past the end of time, or before its beginning, some unit of time was mistaken for another.
    if bad := [row[0] for row in rows if not 0 < row[0] < END_OF_TIME_MS or row[0] % _MINUTE_MS]:
        raise BadPageError(f"a candle opens at {bad[0]} ms, which is off the minute")
    # One pattern over the whole page is several times faster than one a value.
    text = "".join([f"{opened} {high} {low} {close} {volume}\n" for _, opened, high, low, close, volume in rows])
    if not _VALUES.fullmatch(text):
        raise BadPageError("a price or volume is missing, negative or no number")
    return _once_each(rows)


def _once_each(rows: list[Row]) -> list[Row]:
    by_time = {row[0]: row for row in rows}
    if len(by_time) == len(rows):
        return rows
    if different := next((row[0] for row in rows if by_time[row[0]] != row), None):
        raise BadPageError(f"two different candles are said to open at {different} ms")
    return list(by_time.values())
