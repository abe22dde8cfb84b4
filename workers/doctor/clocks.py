"""Whether all clocks show the same time."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from redis.exceptions import RedisError

from domain.storage import server
from workers.doctor.finding import Finding, State
from workers.doctor.patient import Patient

# From here on candles come later than they could.
_TOLERANCE: Final = timedelta(seconds=2)


async def clocks(patient: Patient) -> AsyncIterator[Finding]:
    """Ours against those of PostgreSQL and Redis."""
    others = {"PostgreSQL": await _database_ahead(patient)}
    with suppress(RedisError, OSError):  # the check of Redis tells
        others["Redis"] = await _redis_ahead(patient)
    findings = [finding for name, ahead in others.items() if (finding := compared(name, ahead))]
    for finding in findings:
        yield finding
    if not findings:
        yield Finding("clock", State.OK, f"This machine and {' and '.join(others)} agree on the time.")


def compared(name: str, ahead: timedelta) -> Finding | None:
    """What to say of a clock that is so much ahead of ours; nothing where it is right."""
    if abs(ahead) < _TOLERANCE:
        return None
    word = "ahead of" if ahead > timedelta(0) else "behind"
    told = f"The clock of {name} is {abs(ahead).total_seconds():,.0f} s {word} this machine's."
    why = "Leases, pauses and the schedule go by clocks, and a candle that is still forming must not be stored."
    return Finding("clock", State.PROBLEM, told, why, "Let every machine set its clock by NTP.")


async def _database_ahead(patient: Patient) -> timedelta:
    asked_at = patient.clock()
    there = (await server.look()).now
    return _ahead(asked_at, there, patient.clock())


async def _redis_ahead(patient: Patient) -> timedelta:
    asked_at = patient.clock()
    seconds, microseconds = await patient.queue.redis.time()
    there = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
    return _ahead(asked_at, there, patient.clock())


def _ahead(asked_at: datetime, there: datetime, answered_at: datetime) -> timedelta:
    """Only what the way there and back does not explain."""
    return max(there - answered_at, timedelta(0)) + min(there - asked_at, timedelta(0))
