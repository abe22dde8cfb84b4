"""Candles held against those of another interval of the same market, in SQL.

Each piece selects `kind`, `slot` and `share` of a table `own`, which has the candles that are looked at by `slot`.
"""

from typing import Final

from domain.interval import Interval
from domain.storage import buckets, grid
from domain.storage.window import Window
from domain.view import View

# Exchanges round the volumes of their longer intervals.
_VOLUME_SHARE: Final = 0.000001


def against_finer(view: View, own: Window, finer: Window) -> str:
    """Where both are covered; a candle of ours that is there without any finer one is left to the other checks."""
    slot = f"tstzrange(b.timestamp, {grid.shift(view.step, 'b.timestamp', '1')})"
    return f"""
        SELECT kind, slot, CASE kind WHEN 'RESAMPLED_PRICE' THEN price WHEN 'RESAMPLED_VOLUME' THEN volume END AS share
        FROM (
            SELECT
                CASE
                    WHEN own.slot IS NULL THEN 'MISSING' WHEN {_apart("own", "b")} > 0 THEN 'RESAMPLED_PRICE'
                    ELSE 'RESAMPLED_VOLUME'
                END AS kind,
                b.timestamp AS slot, {_price_share("own", "b")} AS price, {_volume_share("own", "b")} AS volume
            FROM ({buckets.rows(view, finer, is_newest=False)}) AS b
            CROSS JOIN ({own.asked(view.step)}) AS whole
            LEFT JOIN own ON own.slot = b.timestamp
            WHERE b.is_complete AND whole.known @> {slot}
        ) AS r
        WHERE kind <> 'RESAMPLED_VOLUME' OR volume > {_VOLUME_SHARE}
    """


def against_coarser(step: Interval, coarser: Interval, own: Window, theirs: Window) -> str:
    """All slots of a coarser one that both cover, and that is looked at whole: which of them is wrong nobody knows.

    A coarser candle without volume says of no candle that it is missing.
    """
    closes = grid.shift(coarser, "c.opens", "1")
    each = grid.series(step, "r.opens", "r.closes", is_newest_first=False)
    return f"""
        WITH made AS MATERIALIZED ({_made(coarser)})
        SELECT
            kind, each.slot, CASE kind WHEN 'COARSER_PRICE' THEN price WHEN 'COARSER_VOLUME' THEN volume END AS share
        FROM (
            SELECT
                CASE
                    WHEN made.opens IS NULL THEN 'MISSING' WHEN {_apart("made", "c")} > 0 THEN 'COARSER_PRICE'
                    ELSE 'COARSER_VOLUME'
                END AS kind,
                c.opens, {closes} AS closes, {_price_share("made", "c")} AS price,
                {_volume_share("made", "c")} AS volume
            FROM (
                SELECT DISTINCT ON (1) {grid.floor(coarser, "c.timestamp")} AS opens, c.* FROM candles AS c
                WHERE c.series = {theirs.series} AND c.timestamp >= {theirs.start} AND c.timestamp < {theirs.end}
                ORDER BY 1, c.timestamp
            ) AS c
            CROSS JOIN ({own.asked(step)}) AS ours
            CROSS JOIN ({theirs.asked(coarser)}) AS others
            LEFT JOIN made ON made.opens = c.opens
            WHERE c.opens >= {theirs.start} AND {closes} <= {theirs.end}
                AND ours.known @> tstzrange(c.opens, {closes}) AND others.known @> tstzrange(c.opens, {closes})
                AND (made.opens IS NOT NULL OR c.volume > 0)
        ) AS r
        CROSS JOIN LATERAL (SELECT {each} AS slot) AS each
        WHERE kind <> 'COARSER_VOLUME' OR volume > {_VOLUME_SHARE}
    """


def _made(coarser: Interval) -> str:
    return f"""
        SELECT
            {grid.floor(coarser, "slot")} AS opens, (array_agg(open ORDER BY slot))[1] AS open, max(high) AS high,
            min(low) AS low, (array_agg(close ORDER BY slot DESC))[1] AS close, sum(volume) AS volume
        FROM own GROUP BY 1
    """


def _apart(one: str, other: str) -> str:
    """By how much the prices differ at most."""
    differences = (f"abs({one}.{price} - {other}.{price})" for price in ("open", "high", "low", "close"))
    return f"greatest({', '.join(differences)})"


def _price_share(one: str, other: str) -> str:
    return f"{_apart(one, other)} / nullif(abs({other}.close), 0)"


def _volume_share(one: str, other: str) -> str:
    return f"abs({one}.volume - {other}.volume) / nullif(greatest({one}.volume, {other}.volume), 0)"
