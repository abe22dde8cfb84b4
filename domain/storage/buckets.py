"""Coarser candles out of stored ones: buckets, the slots of the asked interval in which a candle opens.

A bucket has the first open, the highest high, the lowest low, the last close and the exact sum of volumes. It is
complete where the ledger covers all of it and all of it has passed.

Both ways of reading look for the next candle beyond the last bucket, so that a hole costs as much as a minute, and read
no candle that is not in the answer. They differ in speed alone.
"""

from dataclasses import dataclass
from typing import Final

from domain.storage import grid
from domain.storage.window import Window
from domain.view import View

# Candles a bucket from which on probing is as fast as grouping. Measured: at 3 it takes twice the time, at 60 two
# thirds, at 1,440 half.
_WORTH_PROBING: Final = 12


@dataclass(frozen=True, slots=True)
class _Direction:
    """`near` is the first candle of a bucket that reading meets, `far` the last one."""

    forth: str
    back: str
    beyond_found: str
    opening: str
    closing: str


_OLDEST: Final = _Direction(
    forth="ASC",
    back="DESC",
    beyond_found="c.timestamp >= found.closes AND c.timestamp < asked.end_open",
    opening="near",
    closing="far",
)
_NEWEST: Final = _Direction(
    forth="DESC",
    back="ASC",
    beyond_found="c.timestamp < found.opens AND c.timestamp >= asked.first_open",
    opening="far",
    closing="near",
)


def rows(view: View, window: Window, *, is_newest: bool) -> str:
    """At most `limit` buckets that open in the window, the oldest or the newest ones, by timestamp."""
    return (_probed if is_worth_probing(view) else _grouped)(view, window, _NEWEST if is_newest else _OLDEST)


def is_worth_probing(view: View) -> bool:
    """Whether a bucket has so many candles that looking into it beats grouping them."""
    return view.step.seconds >= _WORTH_PROBING * view.stored.seconds


def _probed(view: View, window: Window, to: _Direction) -> str:
    """A bucket at a time: a probe for its near candle, a probe for its far one, and a sum over all of them."""
    return f"""
        WITH RECURSIVE asked AS MATERIALIZED ({window.asked(view.step)}),
        found AS (
            SELECT 0 AS place, end_open AS opens, first_open AS closes, NULL::numeric AS open, NULL::numeric AS close
            FROM asked
            UNION ALL
            SELECT found.place + 1, near.opens, {grid.shift(view.step, "near.opens", "1")}, near.open, near.close
            FROM found CROSS JOIN asked CROSS JOIN LATERAL (
                SELECT {grid.floor(view.step, "c.timestamp")} AS opens, c.open, c.close FROM candles AS c
                WHERE c.series = asked.series AND {to.beyond_found}
                ORDER BY c.timestamp {to.forth} LIMIT 1
            ) AS near
            WHERE found.place < asked.row_limit
        )
        SELECT
            near.opens AS timestamp, {to.opening}.open, whole.high, whole.low, {to.closing}.close, whole.volume,
            asked.known @> tstzrange(near.opens, near.closes) AS is_complete, false AS is_filled
        FROM found AS near CROSS JOIN asked
        CROSS JOIN LATERAL (
            SELECT max(c.high) AS high, min(c.low) AS low, sum(c.volume) AS volume
            FROM ({_BUCKET} ORDER BY c.timestamp) AS c
        ) AS whole
        CROSS JOIN LATERAL ({_BUCKET} ORDER BY c.timestamp {to.back} LIMIT 1) AS far
        WHERE near.place > 0
        ORDER BY near.opens
    """


_BUCKET: Final = """
    SELECT * FROM candles AS c
    WHERE c.series = asked.series AND c.timestamp >= near.opens AND c.timestamp < near.closes
"""


def _grouped(view: View, window: Window, to: _Direction) -> str:
    """A stretch at a time: from the next candle on as many slots as there is room for rows, grouped."""
    return f"""
        WITH RECURSIVE asked AS MATERIALIZED ({window.asked(view.step)}),
        found AS (
            SELECT
                end_open AS opens, first_open AS closes, NULL::numeric AS open, NULL::numeric AS high,
                NULL::numeric AS low, NULL::numeric AS close, NULL::numeric AS volume,
                row_limit AS room, true AS is_last
            FROM asked
            UNION ALL
            SELECT
                b.opens, {grid.shift(view.step, "b.opens", "1")}, b.open, b.high, b.low, b.close, b.volume,
                found.room - b.place, b.is_last
            FROM found CROSS JOIN asked
            CROSS JOIN LATERAL (
                SELECT {grid.floor(view.step, "c.timestamp")} AS opens FROM candles AS c
                WHERE c.series = asked.series AND {to.beyond_found}
                ORDER BY c.timestamp {to.forth} LIMIT 1
            ) AS near
            CROSS JOIN LATERAL (
                SELECT *, row_number() OVER way AS place, lead(g.opens) OVER way IS NULL AS is_last
                FROM ({_groups(view, to)}) AS g
                WINDOW way AS (ORDER BY g.opens {to.forth})
            ) AS b
            WHERE found.is_last AND found.room > 0
        )
        SELECT
            b.opens AS timestamp, b.open, b.high, b.low, b.close, b.volume,
            asked.known @> tstzrange(b.opens, b.closes) AS is_complete, false AS is_filled
        FROM found AS b CROSS JOIN asked
        WHERE b.open IS NOT NULL
        ORDER BY b.opens
    """


def _groups(view: View, to: _Direction) -> str:
    start, end = "near.opens", f"least({grid.shift(view.step, 'near.opens', 'found.room')}, asked.end_open)"
    if to is _NEWEST:
        start = f"greatest({grid.shift(view.step, 'near.opens', '(1 - found.room)')}, asked.first_open)"
        end = grid.shift(view.step, "near.opens", "1")
    return f"""
        SELECT
            {grid.floor(view.step, "c.timestamp")} AS opens, (array_agg(c.open ORDER BY c.timestamp))[1] AS open,
            max(c.high) AS high, min(c.low) AS low, (array_agg(c.close ORDER BY c.timestamp))[count(*)] AS close,
            sum(c.volume) AS volume
        FROM candles AS c
        WHERE c.series = asked.series AND c.timestamp >= {start} AND c.timestamp < {end}
        GROUP BY 1
    """
