"""Where what is covered came from: of each instant, who stored it last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from domain.database import connection
from domain.postgres.connect import Connection
from domain.timerange import TimeRange, to_postgres

# Ranges of one answer.
MAX_RANGES: Final = 1_000


class Origin(IntEnum):
    EXCHANGE = 0
    IMPORT = 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """`run` is the job or the import; None stands for all jobs of the schedule."""

    origin: Origin
    run: UUID | None = None


@dataclass(frozen=True, slots=True)
class SourcedRange:
    """A range and who stored it; its source stored ranges of the pair from `first_at` to `last_at`.

    Without a source nobody said: it was covered by other means, or before sources were remembered.
    """

    range: TimeRange
    source: Provenance | None
    first_at: datetime | None
    last_at: datetime | None


_RECORD: Final = """
WITH gone AS (
    DELETE FROM coverage_sources
    WHERE pair_id = $1 AND covered <@ $2::tstzmultirange AND (origin, run) IS DISTINCT FROM ($3::smallint, $4::uuid)
), less AS (
    UPDATE coverage_sources SET covered = covered - $2::tstzmultirange
    WHERE pair_id = $1 AND covered && $2::tstzmultirange AND NOT covered <@ $2::tstzmultirange
        AND (origin, run) IS DISTINCT FROM ($3::smallint, $4::uuid)
)
INSERT INTO coverage_sources AS s (pair_id, origin, run, covered) VALUES ($1, $3, $4, $2)
ON CONFLICT (pair_id, origin, run) DO UPDATE SET covered = s.covered + excluded.covered, last_at = now()
"""


async def record(db: Connection, pair_id: UUID, stored: Sequence[TimeRange], source: Provenance) -> None:
    """For who holds the pair's row: ranges of one run that touch become one, and are no longer anyone else's."""
    if stored:
        await db.execute(_RECORD, pair_id, to_postgres(stored), source.origin, source.run)


_OF_PAIR: Final = f"""
WITH known AS MATERIALIZED (
    SELECT origin, run, first_at, last_at, covered FROM coverage_sources WHERE pair_id = $1
)
SELECT lower(part) AS start, upper(part) AS end, s.origin, s.run, s.first_at, s.last_at
FROM (
    SELECT origin, run, first_at, last_at, covered FROM known
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, p.covered - coalesce((SELECT range_agg(covered) FROM known), '{{}}')
    FROM coin_exchanges AS p WHERE p.id = $1
) AS s
CROSS JOIN unnest(s.covered * tstzmultirange(tstzrange($2, $3))) AS part
ORDER BY start LIMIT {MAX_RANGES}
"""


async def of(pair_id: UUID, within: TimeRange) -> list[SourcedRange]:
    """What is covered of a range, oldest first."""
    async with connection() as db:
        rows = await db.fetch(_OF_PAIR, pair_id, within.start, within.end)
    return [
        SourcedRange(
            TimeRange(row["start"], row["end"]),
            None if row["origin"] is None else Provenance(Origin(row["origin"]), row["run"]),
            row["first_at"],
            row["last_at"],
        )
        for row in rows
    ]
