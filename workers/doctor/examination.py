"""All checks, one after the other."""

from collections.abc import AsyncIterator, Callable
from typing import Final, TypeAlias

from domain.migrate import pending
from domain.settings import SettingsError
from workers.doctor.clocks import clocks
from workers.doctor.database import database, disk
from workers.doctor.exchanges import exchanges
from workers.doctor.finding import Finding, State, told
from workers.doctor.jobs import jobs
from workers.doctor.ledger import ledger
from workers.doctor.patient import Patient
from workers.doctor.redis import redis
from workers.doctor.schema import schema

Check: TypeAlias = Callable[[Patient], AsyncIterator[Finding]]

# What can be told whatever state the database is in, and what needs its tables; the longest last.
_ALWAYS: Final[dict[str, Check]] = {"schema": schema, "redis": redis}
_WITH_TABLES: Final[dict[str, Check]] = {
    "database": database,
    "disk": disk,
    "clock": clocks,
    "jobs": jobs,
    "exchange": exchanges,
    "ledger": ledger,
}


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """Raises nothing: what cannot be examined is a finding, too."""
    for name, check in _ALWAYS.items():
        async for finding in _examined(name, check, patient):
            yield finding
    if not await _has_tables(patient):
        yield Finding(", ".join(_WITH_TABLES), State.UNKNOWN, "Not examined without the database's tables.")
        return
    for name, check in _WITH_TABLES.items():
        async for finding in _examined(name, check, patient):
            yield finding


async def _examined(name: str, check: Check, patient: Patient) -> AsyncIterator[Finding]:
    try:
        async for finding in check(patient):
            yield finding
    except Exception as error:  # noqa: BLE001  # whatever it is, the other checks go on
        found = f"It could not be examined: {told(error)}"
        yield Finding(name, State.PROBLEM, found, remedy="See to that first, then ask again.")


async def _has_tables(patient: Patient) -> bool:
    try:
        return not await pending(patient.settings)
    except SettingsError:
        return False
