"""Writing candles, and reading single ones; lists of them are read by `views` and what is built on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Final, cast
from uuid import UUID

from asyncpg import Record

from domain.candle import Candle, Row
from domain.database import connection
from domain.postgres.connect import Connection
from domain.records import SeriesVersion
from domain.storage import replica

_COLUMNS: Final = ("series", "timestamp", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Written:
    """How many candles a page added and how many it corrected."""

    added: int
    revised: int


async def copy(db: Connection, series: int, rows: Sequence[Row]) -> Written:
    """Adds candles to slots that hold none; asyncpg.UniqueViolationError where one does."""
    # Asyncpg would read a file in a thread, and takes bytes for the name of one.
    source = cast("BytesIO", memoryview(_lines(series, rows)))
    await db.copy_to_table("candles", source=source, columns=_COLUMNS)
    return Written(len(rows), 0)


_EPOCH_DAY: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000
_TIMES_OF_DAY: Final = tuple(f"{hour:02}:{minute:02}Z" for hour in range(24) for minute in range(60))


def _lines(series: int, rows: Sequence[Row]) -> bytes:
    """COPY's text format. Writing a date once a day instead of once a candle saves a third of a backfill's own time."""
    lines, day, prefix = [], -1, ""
    for at, opened, high, low, close, volume in rows:
        row_day, time_of_day = divmod(at, _DAY_MS)
        if row_day != day:
            day, prefix = row_day, f"{series}\t{_EPOCH_DAY + timedelta(days=row_day)}"
        at_minute = _TIMES_OF_DAY[time_of_day // _MINUTE_MS]
        lines.append(f"{prefix} {at_minute}\t{opened}\t{high}\t{low}\t{close}\t{volume}\n")
    return "".join(lines).encode()


_UPSERT: Final = """
INSERT INTO candles AS c (series, timestamp, open, high, low, close, volume)
SELECT $1, to_timestamp(r.at / 1000), r.o::numeric, r.h::numeric, r.l::numeric, r.c::numeric, r.v::numeric
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS r (at, o, h, l, c, v)
ON CONFLICT (series, timestamp) DO UPDATE
SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
WHERE (c.open, c.high, c.low, c.close, c.volume)
    IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
RETURNING old.series IS NULL AS added
"""


async def upsert(db: Connection, series: int, rows: Sequence[Row]) -> Written:
    """Adds candles and corrects those that differ; no two rows may have one time."""
    if not rows:
        return Written(0, 0)
    changed = await db.fetch(_UPSERT, series, *(list(column) for column in zip(*rows, strict=True)))
    added = sum(row["added"] for row in changed)
    return Written(added, len(changed) - added)


_LATEST: Final = """
SELECT s.series, c.*
FROM unnest($1::int[]) AS s (series)
CROSS JOIN LATERAL (
    SELECT timestamp, open::text, high::text, low::text, close::text, volume::text
    FROM candles WHERE candles.series = s.series ORDER BY timestamp DESC LIMIT 1
) AS c
"""


async def latest(known: Sequence[SeriesVersion]) -> dict[SeriesVersion, Candle]:
    """The newest candle of each series that has one."""
    found = await _of_each(known, _LATEST)
    return {item: Candle(*tuple(found[item.series])[1:]) for item in known if item.series in found}


_BOUNDS: Final = """
SELECT s.series, a.timestamp AS first, z.timestamp AS last
FROM unnest($1::int[]) AS s (series)
CROSS JOIN LATERAL (SELECT timestamp FROM candles c WHERE c.series = s.series ORDER BY timestamp LIMIT 1) AS a
CROSS JOIN LATERAL (SELECT timestamp FROM candles c WHERE c.series = s.series ORDER BY timestamp DESC LIMIT 1) AS z
"""


async def bounds(known: Sequence[SeriesVersion]) -> dict[SeriesVersion, tuple[datetime, datetime]]:
    """Open times of the first and the last candle of each series that has any."""
    found = await _of_each(known, _BOUNDS)
    rows = ((item, found[item.series]) for item in known if item.series in found)
    return {item: (row["first"], row["last"]) for item, row in rows}


async def _of_each(known: Sequence[SeriesVersion], statement: str) -> dict[int, Record]:
    """A row a series."""
    series = list({item.series for item in known})
    rows = await replica.first(known, lambda db: db.fetch(statement, series))
    return {row["series"]: row for row in rows}


_LAST: Final = "SELECT max(timestamp) FROM candles WHERE series = (SELECT series FROM coin_exchanges WHERE id = $1)"


async def last(pair_id: UUID) -> datetime | None:
    """Open time of the pair's last candle."""
    async with connection() as db:
        found: datetime | None = await db.fetchval(_LAST, pair_id)
    return found
