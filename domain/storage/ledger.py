"""The coverage ledger: in which ranges of a pair everything that the exchange has was asked for and stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.database import connection
from domain.postgres.connect import Connection
from domain.records import Pair
from domain.storage import provenance
from domain.storage.provenance import Provenance
from domain.timerange import TimeRange, from_postgres, to_postgres


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known about a pair's candles."""

    covered: list[TimeRange]
    listed_at: datetime | None

    @property
    def oldest(self) -> datetime | None:
        return self.covered[0].start if self.covered else None

    @property
    def newest(self) -> datetime | None:
        return self.covered[-1].end if self.covered else None


async def of(pair_id: UUID) -> Ledger:
    async with connection() as db:
        row = await db.fetchrow("SELECT covered, listed_at FROM coin_exchanges WHERE id = $1", pair_id)
    return Ledger(from_postgres(row["covered"]), row["listed_at"]) if row else Ledger([], None)


def known(pair: Pair) -> Ledger:
    """The ledger as it stood when the pair was read."""
    return Ledger(pair.covered, pair.listed_at)


async def covered(series: list[int]) -> dict[int, list[TimeRange]]:
    """The covered ranges of each series, oldest first and merged."""
    async with connection() as db:
        rows = await db.fetch("SELECT series, covered FROM coin_exchanges WHERE series = ANY($1::int[])", series)
    return {row["series"]: from_postgres(row["covered"]) for row in rows}


_MISSING: Final = "SELECT $2::tstzmultirange - covered FROM coin_exchanges WHERE id = $1"


async def missing(pair_id: UUID, wanted: TimeRange) -> list[TimeRange]:
    """The ranges inside `wanted` that are not covered, oldest first."""
    async with connection() as db:
        return from_postgres(await db.fetchval(_MISSING, pair_id, to_postgres([wanted])) or [])


# Not so strong that jobs of the pair could not be made meanwhile.
_LOCK: Final = """
SELECT covered && $2::tstzmultirange AS is_covered, series FROM coin_exchanges WHERE id = $1 FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class LockedPair:
    series: int
    is_covered: bool


async def lock(db: Connection, pair_id: UUID, windows: Sequence[TimeRange]) -> LockedPair | None:
    """Locks the pair for the transaction and tells whether any of the windows is covered; None when it is gone."""
    row = await db.fetchrow(_LOCK, pair_id, to_postgres(windows))
    return LockedPair(row["series"], row["is_covered"]) if row else None


_EXTEND: Final = """
UPDATE coin_exchanges
SET covered = covered + $2::tstzmultirange, updated_at = now(),
    listed_at = CASE WHEN $3::timestamptz IS NULL THEN listed_at ELSE least($3, lower(covered)) END
WHERE id = $1
"""


async def extend(
    db: Connection, pair_id: UUID, earned: Sequence[TimeRange], listed_at: datetime | None, source: Provenance
) -> None:
    """Adds ranges to what is covered, remembers where they came from, and the listing date if it was found."""
    await db.execute(_EXTEND, pair_id, to_postgres(earned), listed_at)
    await provenance.record(db, pair_id, earned, source)


_LISTED: Final = "UPDATE coin_exchanges SET listed_at = least($2, lower(covered)), updated_at = now() WHERE id = $1"


async def set_listed_at(pair_id: UUID, listed_at: datetime) -> None:
    """Remembers the earliest candle that the exchange serves; what is covered before it stays."""
    async with connection() as db:
        await db.execute(_LISTED, pair_id, listed_at)
