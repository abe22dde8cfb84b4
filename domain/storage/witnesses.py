"""Who tells that a covered slot without a candle had one: the journal, and the same market at another interval."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.database import connection, transaction
from domain.interval import Interval
from domain.storage import grid
from domain.storage.audit import Holding
from domain.timerange import TimeRange

# Seconds that two series of a market may take to be compared on a slow disk.
_COMPARE_SECONDS: Final = 600

# Share of a candle's volume that its parts may lack without a candle of theirs being missing: exchanges round.
_ROUNDED: Final = "0.000001"

_IN_JOURNAL: Final = """
SELECT c.series, array_agg(DISTINCT opened ORDER BY opened) AS lost
FROM candle_changes AS c
CROSS JOIN unnest(c.revised) AS opened
JOIN coin_exchanges AS p ON p.series = c.series AND p.covered @> opened
WHERE NOT EXISTS (SELECT FROM candles AS k WHERE k.series = c.series AND k.timestamp = opened)
GROUP BY c.series
"""


async def journalled() -> dict[int, list[datetime]]:
    """Open times of candles that the journal remembers, that are covered and are not there, by series."""
    async with connection() as db:
        return {row["series"]: row["lost"] for row in await db.fetch(_IN_JOURNAL)}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Where the doubted series lacks candles of which the witness shows traces, in so many slots of the longer one."""

    slots: int
    silence: list[TimeRange]


async def contradictions(doubted: Holding, witness: Holding) -> Contradiction | None:
    """One interval must divide the other. None where the two series agree."""
    is_part = doubted.interval.divides(witness.interval)
    statement = _unheard_parts(doubted, witness) if is_part else _unheard_whole(doubted.interval)
    async with transaction() as db:
        await db.execute("SET LOCAL statement_timeout = 0")
        rows = await db.fetch(statement, doubted.series, witness.series, timeout=_COMPARE_SECONDS)
    found = [TimeRange(row["opened"], row["closed"]) for row in rows]
    return Contradiction(len(found), found) if found else None


def _unheard_parts(doubted: Holding, witness: Holding) -> str:
    """Candles of the witness with more volume than its parts together, some of which are missing."""
    opened, closed = "w.timestamp", grid.shift(witness.interval, "w.timestamp", "1")
    slots = grid.slots_between(doubted.interval, opened, closed)
    return f"""
        SELECT {opened} AS opened, {closed} AS closed
        FROM candles AS w
        CROSS JOIN (SELECT covered FROM coin_exchanges WHERE series = $1) AS p
        CROSS JOIN LATERAL (
            SELECT count(*) AS count, coalesce(sum(c.volume), 0) AS volume
            FROM candles AS c WHERE c.series = $1 AND c.timestamp >= {opened} AND c.timestamp < {closed}
        ) AS part
        WHERE w.series = $2 AND {opened} = {grid.floor(witness.interval, opened)}
            AND p.covered @> tstzrange({opened}, {closed})
            AND part.count < {slots} AND part.volume < w.volume * (1 - {_ROUNDED})
        ORDER BY 1
    """


def _unheard_whole(step: Interval) -> str:
    """Covered slots without a candle in which the witness tells of trades."""
    spans = grid.series(step, grid.ceil(step, "lower(span)"), grid.floor(step, "upper(span)"), is_newest_first=False)
    closed = grid.shift(step, "slot.opened", "1")
    in_slot = f"c.timestamp >= slot.opened AND c.timestamp < {closed}"
    return f"""
        SELECT slot.opened, {closed} AS closed
        FROM coin_exchanges AS p
        CROSS JOIN unnest(p.covered) AS span
        CROSS JOIN LATERAL (SELECT {spans} AS opened) AS slot
        WHERE p.series = $1 AND NOT lower_inf(span) AND NOT upper_inf(span)
            AND NOT EXISTS (SELECT FROM candles AS c WHERE c.series = $1 AND {in_slot})
            AND EXISTS (SELECT FROM candles AS c WHERE c.series = $2 AND {in_slot} AND c.volume > 0)
        ORDER BY 1
    """
