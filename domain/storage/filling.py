"""Empty slots in SQL: covered slots in which no candle opens repeat the close before them."""

from domain.storage import grid
from domain.storage.window import Window
from domain.view import View


def runs(view: View, window: Window) -> str:
    """CTEs `asked` and `run`: unbroken runs of slots that yield a row, filled or not, as open times [opens, closes).

    These are the slots that open in the window, lie wholly in a covered range, have passed, and are not earlier than
    the series' first candle.
    """
    return f"""
        asked AS MATERIALIZED ({window.asked(view.step)}),
        begun AS MATERIALIZED (
            SELECT {grid.floor(view.step, "first.timestamp")} AS opens
            FROM asked CROSS JOIN LATERAL (
                SELECT c.timestamp FROM candles AS c WHERE c.series = asked.series ORDER BY c.timestamp LIMIT 1
            ) AS first
        ),
        run AS MATERIALIZED (
            SELECT * FROM (
                SELECT
                    greatest({grid.ceil(view.step, "lower(part)")}, asked.first_open, begun.opens) AS opens,
                    least({grid.floor(view.step, "upper(part)")}, asked.end_open) AS closes
                FROM asked CROSS JOIN begun CROSS JOIN unnest(asked.known) AS part
            ) AS clipped
            WHERE opens < closes
        )
    """


def rows(view: View, window: Window, unfilled: str, *, is_newest: bool) -> str:
    """At most `limit` rows of a window, the oldest or the newest ones, by timestamp.

    `unfilled` selects the rows of the same window that are there without filling. Of those and of the slots of the
    runs only the first `limit` in the order of reading can be on the page, so nothing else is looked at. A candle need
    not open where its slot does: one behind the window's end can take its last slot.
    """
    forth = "DESC" if is_newest else "ASC"
    opens = grid.series(view.step, "run.opens", "run.closes", is_newest_first=is_newest)
    return f"""
        WITH {runs(view, window)},
        kept AS MATERIALIZED ({unfilled}),
        slot AS (
            SELECT {opens} AS opens FROM run ORDER BY run.opens {forth} LIMIT (SELECT row_limit + 1 FROM asked)
        ),
        taken AS (
            SELECT {grid.floor(view.step, "kept.timestamp")} AS opens FROM kept
            UNION ALL
            SELECT {grid.floor(view.step, "behind.timestamp")} FROM asked CROSS JOIN LATERAL (
                SELECT c.timestamp FROM candles AS c
                WHERE c.series = asked.series AND c.timestamp >= asked.range_end
                ORDER BY c.timestamp LIMIT 1
            ) AS behind
        ),
        every AS (
            SELECT timestamp, open, high, low, close, volume, is_complete, is_filled FROM kept
            UNION ALL
            SELECT empty.opens, before.close, before.close, before.close, before.close, 0, true, true
            FROM (SELECT opens FROM slot EXCEPT SELECT opens FROM taken) AS empty
            CROSS JOIN asked CROSS JOIN LATERAL (
                SELECT c.close FROM candles AS c
                WHERE c.series = asked.series AND c.timestamp < empty.opens
                ORDER BY c.timestamp DESC LIMIT 1
            ) AS before
        )
        SELECT * FROM (
            SELECT * FROM every ORDER BY timestamp {forth} LIMIT (SELECT row_limit FROM asked)
        ) AS nearest
        ORDER BY timestamp
    """
