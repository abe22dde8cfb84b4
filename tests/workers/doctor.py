"""Damage, planted past everything that guards against it, and what the doctor says and does."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

from domain.database import transaction
from domain.models import Pair
from workers.doctor.finding import Finding, State
from workers.doctor.patient import Patient

Check = Callable[[Patient], AsyncIterator[Finding]]


async def past_triggers(statement: str, *values: Any) -> None:
    """As a crash of a disk or a restore gone wrong would: no trigger sees it."""
    async with transaction() as db:
        await db.execute("SET LOCAL session_replication_role = replica")
        await db.execute(statement, *values)


async def lose(pair: Pair, at: Sequence[datetime], *, is_counted: bool) -> None:
    """Candles vanish; `is_counted` where the pair's count goes with them, and bears no witness."""
    await past_triggers("DELETE FROM candles WHERE series = $1 AND timestamp = ANY($2)", pair.series, list(at))
    if is_counted:
        await past_triggers(
            "UPDATE coin_exchanges SET candle_count = (SELECT count(*) FROM candles WHERE series = $1) "
            "WHERE series = $1",
            pair.series,
        )


async def found_by(check: Check, patient: Patient) -> list[Finding]:
    return [finding async for finding in check(patient)]


async def problems(check: Check, patient: Patient) -> list[Finding]:
    """What is not well, warnings among it."""
    return [finding for finding in await found_by(check, patient) if finding.state is not State.OK]


async def repaired(finding: Finding) -> str:
    assert finding.repair, finding
    return await finding.repair()
