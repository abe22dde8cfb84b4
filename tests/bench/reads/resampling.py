"""A year of minutes as days and as hours: Candelabra beside the SQL that people write for it."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from statistics import median
from typing import Final

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from tests.bench.reads import readers
from tests.bench.reads.contender import Contender
from tests.bench.reads.database import Database
from tests.bench.reads.message import graphql
from tests.bench.reads.rows import Rows, exchange_of, series_of, symbol_of
from tests.bench.reads.window import Window, iso
from tests.bench.rounds import Round

DAYS: Final = 365  # that are resampled
DAY: Final = 1_440  # minutes
SQL: Final = "the faster of two SQL statements"

_POSTGRES_INTERVALS: Final = {"1d": "1 day", "1h": "1 hour"}

_QUERY: Final = (
    "query ($exchange: String!, $symbol: String!, $interval: Interval!, $from: DateTime!, $to: DateTime!) { "
    "candles(exchange: $exchange, symbol: $symbol, interval: $interval, from: $from, to: $to) "
    "{ nodes { " + readers.FIELDS + " } } }"
)
_ARRAYS: Final = """
SELECT date_bin('{interval}', timestamp, '1970-01-01Z') AS bucket, ((array_agg(open ORDER BY timestamp))[1])::text,
    max(high)::text, min(low)::text, ((array_agg(close ORDER BY timestamp DESC))[1])::text, sum(volume)::text
FROM candles WHERE series = $1 AND timestamp >= $2 AND timestamp < $3 GROUP BY bucket ORDER BY bucket
"""
_TWO_STEPS: Final = """
SELECT b.bucket, f.open::text, b.high::text, b.low::text, l.close::text, b.volume::text
FROM (
    SELECT date_bin('{interval}', timestamp, '1970-01-01Z') AS bucket, min(timestamp) AS first, max(timestamp) AS last,
        max(high) AS high, min(low) AS low, sum(volume) AS volume
    FROM candles WHERE series = $1 AND timestamp >= $2 AND timestamp < $3 GROUP BY bucket
) AS b
JOIN candles AS f ON f.series = $1 AND f.timestamp = b.first
JOIN candles AS l ON l.series = $1 AND l.timestamp = b.last
ORDER BY b.bucket
"""


def whole_days(rows: Rows, days: int, seed: int) -> Iterator[Window]:
    """Endless; any pair, any UTC midnight."""
    random, minutes = Random(seed), days * DAY
    while True:
        yield Window(random.randrange(rows.pairs), random.randrange(0, rows.minutes - minutes, DAY), minutes)


def candelabra(
    port: int, database: Database, interval: str, windows: Iterator[Window], seconds: float
) -> Contender[Window]:
    def request(window: Window) -> bytes:
        names = {"exchange": exchange_of(window.pair), "symbol": symbol_of(window.pair), "interval": interval}
        return graphql(_QUERY, **names, **{"from": iso(window.start), "to": iso(window.end)})

    def expected(window: Window) -> object:
        rows = database.fetch(_written(_ARRAYS, interval), *_asked(window))
        return [readers.candle(dict(zip(readers.FIELDS.split(), row, strict=True))) for row in rows]

    reader = readers.candelabra(port)
    return Contender(
        reader.name,
        port,
        windows,
        request,
        reader.candles,
        expected,
        seconds,
        measure=lambda turn: turn.p50,
        connections=1,
    )


@dataclass(frozen=True)
class Statements:
    """Both ways to write it, half a turn each; the faster one counts."""

    database: Database
    interval: str
    windows: Iterator[Window]
    seconds: float
    name: str = SQL

    def run(self) -> Round:
        return {self.name: asyncio.run(self._faster())}

    async def _faster(self) -> float:
        connection = await self.database.connect()
        try:
            texts = [_written(text, self.interval) for text in (_ARRAYS, _TWO_STEPS)]
            return min([await self._usual(await connection.prepare(text)) for text in texts])
        finally:
            await connection.close()

    async def _usual(self, statement: "PreparedStatement[asyncpg.Record]") -> float:
        taken = list[float]()
        while not taken or sum(taken) < self.seconds / 2:
            asked = _asked(next(self.windows))
            start = time.perf_counter()
            await statement.fetch(*asked)
            taken.append(time.perf_counter() - start)
        return median(taken)


def _written(text: str, interval: str) -> str:
    return text.format(interval=_POSTGRES_INTERVALS[interval])


def _asked(window: Window) -> tuple[int, datetime, datetime]:
    return series_of(window.pair), window.start, window.end
