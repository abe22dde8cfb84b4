"""Candles of a file into a pair: first all of it is checked, then it is stored."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from domain.candle import Row
from domain.clock import instant
from domain.database import transaction
from domain.interval import Interval, interval
from domain.records import Pair
from domain.storage import candles, ledger
from domain.storage.candles import Written
from domain.storage.provenance import Origin, Provenance
from domain.timerange import TimeRange
from workers.importing.checking import Checker
from workers.importing.claims import claim
from workers.importing.errors import ImportRefusedError
from workers.importing.files import batches

# Ranges of a ledger, which every page of the pair has to read and write. Sparse series are covered as a whole.
_MOST_RANGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Contents:
    """What a checked file holds; `holes` are ranges of slots between two candles that have none."""

    count: int
    holes: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class FileImport:
    """`claimed` is the range of which the file has everything; None where nobody knows. `run` tells imports apart."""

    path: Path
    pair: Pair
    claimed: TimeRange | None
    now: datetime
    run: UUID = field(default_factory=uuid4)

    def check(self, seen: Callable[[int], None]) -> Contents:
        """Raises ImportRefusedError for a file that must not be stored."""
        claiming = claim(self._step, self.claimed)
        count, ranges, ends = 0, 0, list[int]()
        reached = None
        for rows in self._checked():
            earned = claiming.earned(rows)
            count += len(rows)
            ranges += len(earned) - (bool(earned) and earned[0].start == reached)
            reached = earned[-1].end if earned else reached
            ends = [*ends[:1], rows[0][0], rows[-1][0]]
            seen(count)
        if not count:
            raise ImportRefusedError("The file has no candles.")
        if ranges > _MOST_RANGES and not self.claimed:
            raise ImportRefusedError(
                f"Between its candles are some {ranges:,} holes, too many to remember each. If it has every candle "
                "that the exchange has, say of which range: --covers FROM..TO."
            )
        return Contents(count, 0 if self.claimed else ranges - 1, instant(ends[0]), instant(ends[-1]))

    async def store(self, seen: Callable[[int], None]) -> Written:
        """A batch a transaction, candles and ledger together; what is stored already stays as it is."""
        claiming = claim(self._step, self.claimed)
        count = added = revised = 0
        for rows in self._checked():
            written = await self._commit(rows, claiming.earned(rows))
            added, revised = added + written.added, revised + written.revised
            count += len(rows)
            seen(count)
        if rest := claiming.rest():
            await self._commit([], rest)
        return Written(added, revised)

    async def _commit(self, rows: Sequence[Row], earned: Sequence[TimeRange]) -> Written:
        async with transaction() as db:
            pair = await ledger.lock(db, self.pair.id, earned)
            if pair is None:
                raise ImportRefusedError("The pair was removed meanwhile.")
            written = await candles.upsert(db, pair.series, rows)
            await ledger.extend(db, self.pair.id, earned, None, Provenance(Origin.IMPORT, self.run))
        return written

    def _checked(self) -> Iterator[list[Row]]:
        checker = Checker(self._step, self.now, self.claimed)
        return (checker.check(batch) for batch in batches(self.path))

    @property
    def _step(self) -> Interval:
        return interval(self.pair.timeframe.interval)
