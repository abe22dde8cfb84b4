"""What no client can do: candles that get lost."""

from typing import Final

import asyncpg

from tests.ops.running import Running

_LOSE: Final = """
WITH pair AS (
    SELECT p.id, p.series FROM coin_exchanges AS p JOIN timeframes AS t ON t.id = p.timeframe_id
    WHERE p.symbol = $1 AND t.interval = $2
), lost AS (
    SELECT min(timestamp) AS opens, max(timestamp) AS last FROM (
        SELECT c.timestamp FROM candles AS c JOIN pair USING (series)
        ORDER BY c.timestamp DESC LIMIT $3::int - $4::int OFFSET $4::int
    ) AS newest
), gone AS (
    DELETE FROM candles AS c USING pair, lost
    WHERE c.series = pair.series AND c.timestamp BETWEEN lost.opens AND lost.last
)
UPDATE coin_exchanges AS p
SET covered = p.covered - tstzmultirange(
    tstzrange(lost.opens, CASE WHEN $4::int = 0 THEN NULL ELSE lost.last + $2::interval END)
)
FROM pair, lost WHERE p.id = pair.id
"""


async def lose(running: Running, symbol: str, interval: str, *, newest: int, kept: int = 0) -> None:
    """Takes away a pair's newest candles but for the last ones, and that they were ever there."""
    length = {"m": "minute", "h": "hour"}[interval[-1]]
    statement = _LOSE.replace("$2::interval", f"interval '{interval[:-1]} {length}'")
    db = await asyncpg.connect(host=running.embedded["db_host"], user="postgres", database="candelabra")
    try:
        await db.execute(statement, symbol, interval, newest, kept)
    finally:
        await db.close()
