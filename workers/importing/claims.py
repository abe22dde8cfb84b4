"""What a file lets the ledger say: that everything the exchange has of a range is stored.

A file shows of each candle's slot that it is complete, and says nothing about the slots between: nobody may have
traded, or whoever wrote it lost a page. So those stay gaps, which the next REPAIR asks the exchange about, unless
the person who imports it knows that the file has everything of a range.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from domain.candle import Row
from domain.clock import instant
from domain.interval import Interval
from domain.timerange import TimeRange
from workers.importing.errors import ImportRefusedError


class Claim(Protocol):
    def earned(self, rows: Sequence[Row]) -> list[TimeRange]:
        """By the next rows of the file."""

    def rest(self) -> list[TimeRange]:
        """By the end of the file."""


class OwnSlots:
    """Each candle covers its slot."""

    def __init__(self, step: Interval) -> None:
        self._step = step

    def earned(self, rows: Sequence[Row]) -> list[TimeRange]:
        """Merged where one follows the other."""
        found = list[TimeRange]()
        for row in rows:
            at = instant(row[0])
            start, end = self._step.floor(at), self._step.next(at)
            if found and found[-1].end >= start:
                found[-1] = TimeRange(found[-1].start, end)
            else:
                found.append(TimeRange(start, end))
        return found

    def rest(self) -> list[TimeRange]:
        return []


class WholeRange:
    """Everything of a range is in the file."""

    def __init__(self, step: Interval, claimed: TimeRange) -> None:
        self._step = step
        self._end = claimed.end
        self._reached = claimed.start

    def earned(self, rows: Sequence[Row]) -> list[TimeRange]:
        return self._until(self._step.next(instant(rows[-1][0])))

    def rest(self) -> list[TimeRange]:
        return self._until(self._end)

    def _until(self, end: datetime) -> list[TimeRange]:
        part = TimeRange.of(self._reached, min(end, self._end))
        self._reached = max(self._reached, end)
        return [part] if part else []


def claim(step: Interval, claimed: TimeRange | None) -> Claim:
    return WholeRange(step, claimed) if claimed else OwnSlots(step)


def covers(text: str, step: Interval, now: datetime) -> TimeRange:
    """The whole slots of a range that has passed, of a text `FROM..TO`. Raises ImportRefusedError."""
    try:
        start, end = (datetime.fromisoformat(part) for part in text.split(".."))
    except ValueError:
        raise ImportRefusedError("--covers is two instants: 2024-03-01..2024-04-01T12:00:00Z.") from None
    start, end = (at if at.tzinfo else at.replace(tzinfo=UTC) for at in (start, end))
    if end > now:
        raise ImportRefusedError("--covers ends in the future.")
    claimed = TimeRange.of(step.ceil(start), step.floor(end))
    if claimed is None:
        raise ImportRefusedError(f"--covers holds no whole slot of {step}.")
    return claimed
