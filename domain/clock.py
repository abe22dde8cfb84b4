"""Time is given, never taken: only the roots read the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], datetime]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def system_clock() -> datetime:
    return datetime.now(UTC)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00:00Z, as exchanges count."""
    return (at - _EPOCH) // _MILLISECOND


def instant(ms: int) -> datetime:
    """The inverse of `milliseconds`."""
    return _EPOCH + ms * _MILLISECOND
