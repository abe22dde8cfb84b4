"""How many rows a view has in a window, in SQL: an expression each. The window's limit plays no part."""

from typing import Final

from domain.interval import Interval
from domain.storage import buckets, filling, grid
from domain.storage.window import Window
from domain.view import View

# Slots whose distinct open times are counted together: all of ten years at once are three times as slow.
_STRETCH_SLOTS: Final = 1_000


def total(view: View, window: Window) -> str:
    """Of the rows that `views.rows` would read without a limit."""
    if view.is_resampled:
        return _filled_buckets(view, window) if view.is_filled else _buckets(view, window)
    return _filled_candles(view, window) if view.is_filled else _candles(window)


def _candles(window: Window) -> str:
    return f"""(
        SELECT count(*) FROM candles AS c
        WHERE c.series = {window.series} AND c.timestamp >= {window.start} AND c.timestamp < {window.end}
    )"""


def _filled_candles(view: View, window: Window) -> str:
    """The candles, and the slots of the runs but for those in which a candle opens; the first of a slot is counted."""
    slot = grid.floor(view.step, "c.timestamp")
    slots = grid.slots_between(view.step, "run.opens", "run.closes")
    return f"""(
        WITH {filling.runs(view, window)}
        SELECT {_candles(window)} + coalesce(sum({slots} - taken.count), 0)::bigint
        FROM run CROSS JOIN asked CROSS JOIN LATERAL (
            SELECT count(*) FROM candles AS c
            WHERE c.series = asked.series AND c.timestamp >= run.opens AND c.timestamp < run.closes
            AND (c.timestamp = {slot} OR NOT EXISTS (
                SELECT FROM candles AS e
                WHERE e.series = c.series AND e.timestamp >= {slot} AND e.timestamp < c.timestamp
            ))
        ) AS taken
    )"""


def _buckets(view: View, window: Window) -> str:
    return f"""(
        WITH asked AS MATERIALIZED ({window.asked(view.step)}),
        part AS (SELECT first_open AS opens, end_open AS closes FROM asked)
        {_buckets_of_parts(view)}
    )"""


def _filled_buckets(view: View, window: Window) -> str:
    """The slots of the runs, and the buckets between the runs."""
    slots = grid.slots_between(view.step, "run.opens", "run.closes")
    return f"""(
        WITH {filling.runs(view, window)},
        part AS (
            SELECT lower(rest) AS opens, upper(rest) AS closes FROM asked CROSS JOIN unnest(
                tstzmultirange(tstzrange(first_open, greatest(first_open, end_open)))
                - coalesce((SELECT range_agg(tstzrange(run.opens, run.closes)) FROM run), '{{}}')
            ) AS rest
        )
        SELECT ({_buckets_of_parts(view)}) + (SELECT coalesce(sum({slots}), 0)::bigint FROM run)
    )"""


def _buckets_of_parts(view: View) -> str:
    """Of the CTE `part`, whose open times delimit parts of the window, counted in stretches between its candles."""
    is_worth_probing = buckets.is_worth_probing(view)
    stretch = view.step if is_worth_probing else Interval(f"{view.step.count * _STRETCH_SLOTS}{view.step.unit}")
    start = grid.floor(stretch, "oldest.timestamp")
    end = grid.shift(stretch, grid.floor(stretch, "newest.timestamp"), "1")
    closes = grid.shift(stretch, "stretch.opens", "1")
    in_stretch = f"""c.series = asked.series
        AND c.timestamp >= greatest(stretch.opens, part.opens) AND c.timestamp < least({closes}, part.closes)
    """
    return f"""
        SELECT coalesce(sum(bucket.count), 0)::bigint
        FROM part CROSS JOIN asked
        CROSS JOIN LATERAL ({_OF_PART} ORDER BY c.timestamp LIMIT 1) AS oldest
        CROSS JOIN LATERAL ({_OF_PART} ORDER BY c.timestamp DESC LIMIT 1) AS newest
        CROSS JOIN LATERAL (SELECT {grid.series(stretch, start, end, is_newest_first=False)} AS opens) AS stretch
        CROSS JOIN LATERAL ({_one(in_stretch) if is_worth_probing else _distinct(view, in_stretch)}) AS bucket
    """


_OF_PART: Final = """
    SELECT c.timestamp FROM candles AS c
    WHERE c.series = asked.series AND c.timestamp >= part.opens AND c.timestamp < part.closes
"""


def _one(in_slot: str) -> str:
    """1 for a slot with a candle. Without an order PostgreSQL may look for it from the start of the whole table."""
    return f"SELECT 1 AS count FROM candles AS c WHERE {in_slot} ORDER BY c.timestamp LIMIT 1"


def _distinct(view: View, in_stretch: str) -> str:
    return f"SELECT count(DISTINCT {grid.floor(view.step, 'c.timestamp')}) FROM candles AS c WHERE {in_stretch}"
