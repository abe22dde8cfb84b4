"""Time is given, never taken: only the roots read the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], datetime]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BEGINNING_OF_TIME: Final = datetime.min.replace(tzinfo=UTC)
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)
END_OF_TIME_MS: Final = 253_402_300_800_000  # the year 10000, past what a datetime holds

MILLISECOND: Final = timedelta(milliseconds=1)
MICROSECOND: Final = timedelta(microseconds=1)  # by which instants of PostgreSQL's and Python's differ at least


def system_clock() -> datetime:
    return datetime.now(UTC)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00:00Z, as exchanges count."""
    return (at - EPOCH) // MILLISECOND


def instant(ms: int) -> datetime:
    """The inverse of `milliseconds`."""
    return EPOCH + ms * MILLISECOND
