"""Views of candles: SQL for use in other statements, and the same SQL on its own."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from domain.postgres.connect import Connection
from domain.storage import buckets, filling, grid, totals
from domain.storage.window import Window
from domain.timerange import TimeRange
from domain.view import View, ViewedCandle


def rows(view: View, window: Window, *, is_newest: bool) -> str:
    """A query for at most `limit` rows of a window, the oldest or the newest ones, by timestamp.

    Columns: timestamp, open, high, low, close, volume, is_complete, is_filled. A bucket or an empty slot is in the
    window when its open time is, and is never clipped.
    """
    read = buckets.rows if view.is_resampled else _candles
    unfilled = read(view, window, is_newest=is_newest)
    return filling.rows(view, window, unfilled, is_newest=is_newest) if view.is_filled else unfilled


def holds_rows(view: View, window: Window) -> str:
    """Whether a window has any row, as an expression; its limit plays no part.

    A page has an earlier one where [list's start, first timestamp) holds rows, and a later one where
    [last timestamp + 1 microsecond, list's end) does.
    """
    start, end = window.start, window.end
    if view.is_resampled:
        start, end = grid.ceil(view.step, start), grid.ceil(view.step, end)
    # Without an order PostgreSQL may look for it from the start of the whole table.
    has_candle = f"""(
        SELECT true FROM candles AS c
        WHERE c.series = {window.series} AND c.timestamp >= {start} AND c.timestamp < {end}
        ORDER BY c.timestamp LIMIT 1
    ) IS TRUE"""
    return f"({has_candle} OR {_holds_filled(view, window)})" if view.is_filled else has_candle


def _holds_filled(view: View, window: Window) -> str:
    if view.is_resampled:
        return f"EXISTS (WITH {filling.runs(view, window)} SELECT FROM run)"
    # A slot of the runs may be taken by a candle behind the window, which only reading tells.
    return f"EXISTS ({rows(view, replace(window, limit='1'), is_newest=False)})"


def _candles(_view: View, window: Window, *, is_newest: bool) -> str:
    return f"""
        SELECT * FROM (
            SELECT timestamp, open, high, low, close, volume, true AS is_complete, false AS is_filled
            FROM candles AS c
            WHERE c.series = {window.series} AND c.timestamp >= {window.start} AND c.timestamp < {window.end}
            ORDER BY c.timestamp {"DESC" if is_newest else "ASC"} LIMIT {window.limit}
        ) AS nearest
        ORDER BY timestamp
    """


_ALONE: Final = Window("alone.series", "alone.range_start", "alone.range_end", "alone.row_limit", "alone.now")
_FROM_ARGUMENTS: Final = """
FROM (SELECT $1::int, $2::timestamptz, $3::timestamptz, $4::int, $5::timestamptz)
    AS alone (series, range_start, range_end, row_limit, now)
"""
_UNLIMITED: Final = None


async def read(
    db: Connection, series: int, view: View, within: TimeRange, limit: int, *, is_newest: bool, now: datetime
) -> list[ViewedCandle]:
    """The first or the newest rows of a range, oldest first."""
    columns = "timestamp, open::text, high::text, low::text, close::text, volume::text, is_complete, is_filled"
    source = f"{_FROM_ARGUMENTS} CROSS JOIN LATERAL ({rows(view, _ALONE, is_newest=is_newest)}) AS viewed"
    found = await db.fetch(f"SELECT {columns} {source}", series, within.start, within.end, limit, now)
    return [ViewedCandle(*row) for row in found]


async def exist(
    db: Connection, series: int, view: View, earlier: TimeRange | None, later: TimeRange | None, *, now: datetime
) -> tuple[bool, bool]:
    """Whether each of two ranges holds a row; None holds none."""
    has_earlier, has_later = [
        bool(within and await _value(db, holds_rows(view, _ALONE), series, within, now)) for within in (earlier, later)
    ]
    return has_earlier, has_later


async def count(db: Connection, series: int, view: View, within: TimeRange, *, now: datetime) -> int:
    """How many rows a range holds."""
    return int(await _value(db, totals.total(view, _ALONE), series, within, now))


async def _value(db: Connection, expression: str, series: int, within: TimeRange, now: datetime) -> Any:
    statement = f"SELECT {expression} {_FROM_ARGUMENTS}"
    return await db.fetchval(statement, series, within.start, within.end, _UNLIMITED, now)
