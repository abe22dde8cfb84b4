"""How many rows a view has in a window, in SQL: an expression each. The window's limit plays no part."""

from typing import Final

from domain.storage import buckets, filling, grid
from domain.storage.window import Window
from domain.view import View


def total(view: View, window: Window) -> str:
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
    """Of the CTE `part`, whose open times delimit parts of the window."""
    count = _slots_with_a_candle(view) if buckets.is_worth_probing(view) else _distinct_slots(view)
    return f"""
        SELECT coalesce(sum(bucket.count), 0)::bigint
        FROM part CROSS JOIN asked CROSS JOIN LATERAL ({count}) AS bucket
    """


_OF_PART: Final = "c.series = asked.series AND c.timestamp >= part.opens AND c.timestamp < part.closes"


def _distinct_slots(view: View) -> str:
    opens = grid.floor(view.step, "c.timestamp")
    return f"SELECT count(*) FROM (SELECT DISTINCT {opens} FROM candles AS c WHERE {_OF_PART}) AS opens"


def _slots_with_a_candle(view: View) -> str:
    last = grid.shift(view.step, grid.floor(view.step, "newest.timestamp"), "1")
    opens = grid.series(view.step, grid.floor(view.step, "oldest.timestamp"), last, is_newest_first=False)
    return f"""
        SELECT count(*)
        FROM (SELECT c.timestamp FROM candles AS c WHERE {_OF_PART} ORDER BY c.timestamp LIMIT 1) AS oldest
        CROSS JOIN (SELECT c.timestamp FROM candles AS c WHERE {_OF_PART} ORDER BY c.timestamp DESC LIMIT 1) AS newest
        CROSS JOIN LATERAL (SELECT {opens} AS opens) AS slot
        CROSS JOIN LATERAL (
            SELECT FROM candles AS c
            WHERE c.series = asked.series AND c.timestamp >= slot.opens
            AND c.timestamp < {grid.shift(view.step, "slot.opens", "1")}
            LIMIT 1
        ) AS candle
    """
