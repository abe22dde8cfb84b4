"""Time is given, never taken: only the roots read the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], datetime]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)

# The year 10000, past what a datetime holds.
END_OF_TIME_MS: Final = 253_402_300_800_000


def system_clock() -> datetime:
    return datetime.now(UTC)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00:00Z, as exchanges count."""
    return (at - EPOCH) // MILLISECOND


def instant(ms: int) -> datetime:
    """The inverse of `milliseconds`."""
    return EPOCH + ms * MILLISECOND
