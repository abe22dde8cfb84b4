"""Half-open ranges of time: start <= t < end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from asyncpg import Range


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Aware UTC, never empty when it comes from `of`."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime, end: datetime) -> Self | None:
        """The range, or None where nothing lies between start and end."""
        return cls(start, end) if start < end else None

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds())

    def overlap(self, other: "TimeRange") -> "TimeRange | None":
        return TimeRange.of(max(self.start, other.start), min(self.end, other.end))

    def until(self, end: datetime) -> "TimeRange | None":
        """What of this range lies before an instant."""
        return TimeRange.of(self.start, min(self.end, end))

    def without(self, other: "TimeRange") -> list["TimeRange"]:
        """What is left of this range, oldest first."""
        parts = TimeRange.of(self.start, min(self.end, other.start)), TimeRange.of(max(self.start, other.end), self.end)
        return [part for part in parts if part]


def to_postgres(ranges: Iterable[TimeRange]) -> "list[Range[datetime]]":
    return [Range(item.start, item.end) for item in ranges]


def from_postgres(multirange: Iterable["Range[datetime]"]) -> list[TimeRange]:
    return [TimeRange(part.lower, part.upper) for part in multirange if part.lower and part.upper]
