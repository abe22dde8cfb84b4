"""What no client can do: candles that get lost or go wrong, markets that go."""

from datetime import datetime
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
    await _execute(running, statement, symbol, interval, newest, kept)


_SPOIL: Final = """
UPDATE candles AS c SET close = c.close * 2, high = c.high * 2
FROM coin_exchanges AS p JOIN timeframes AS t ON t.id = p.timeframe_id
WHERE p.series = c.series AND p.symbol = $1 AND t.interval = $2 AND c.timestamp = $3
"""


async def spoil(running: Running, symbol: str, interval: str, at: datetime) -> None:
    """Makes the candle that opens then close twice as high as it did."""
    await _execute(running, _SPOIL, symbol, interval, at)


_DELIST: Final = "UPDATE markets SET is_active = false, delisted_at = $2 WHERE symbol = $1"


async def delist(running: Running, symbol: str, at: datetime) -> None:
    """As if the exchange had said so then."""
    await _execute(running, _DELIST, symbol, at)


async def _execute(running: Running, statement: str, *arguments: object) -> None:
    db = await asyncpg.connect(host=running.embedded["db_host"], user="postgres", database="candelabra")
    try:
        await db.execute(statement, *arguments)
    finally:
        await db.close()
