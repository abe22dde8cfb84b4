"""The journal of candles: what each write did to a series, under the version that it made.

A write holds its pair's row until it commits, so the versions of a series become visible in their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.database import connection
from domain.timerange import TimeRange, from_postgres

# How long a change is remembered: whoever follows a series looks every few seconds.
RETENTION: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a series after a version of it, up to `version`.

    `covered` was not covered before; `revised` are open times of candles that were altered or added in covered slots.
    `covered_until` is where the coverage ends now; None where nothing is covered.
    """

    version: int
    covered_until: datetime | None
    covered: Sequence[TimeRange]
    revised: Sequence[datetime]


_SINCE: Final = """
SELECT
    p.version, upper(p.covered) AS covered_until,
    (
        SELECT coalesce(range_agg(span), '{}') FROM candle_changes AS c CROSS JOIN unnest(c.covered) AS span
        WHERE c.series = $1 AND c.version > $2
    ) AS covered,
    ARRAY(
        SELECT DISTINCT opened FROM candle_changes AS c CROSS JOIN unnest(c.revised) AS opened
        WHERE c.series = $1 AND c.version > $2
        ORDER BY opened
    ) AS revised
FROM coin_exchanges AS p
WHERE p.series = $1
"""
_NO_VERSION: Final = 2**63 - 1


async def since(series: int, version: int | None) -> Changes | None:
    """Without a version only how the series stands; None where there is no such series any more."""
    async with connection() as db:
        row = await db.fetchrow(_SINCE, series, _NO_VERSION if version is None else version)
    if row is None:
        return None
    return Changes(row["version"], row["covered_until"], from_postgres(row["covered"]), row["revised"])


async def versions(series: Sequence[int]) -> Mapping[int, int]:
    """Of each series that there is."""
    async with connection() as db:
        rows = await db.fetch("SELECT series, version FROM coin_exchanges WHERE series = ANY($1::int[])", list(series))
    return {row["series"]: row["version"] for row in rows}


async def forget(before: datetime) -> None:
    """Deletes what was written before an instant."""
    async with connection() as db:
        await db.execute("DELETE FROM candle_changes WHERE changed_at < $1", before)
