"""Ticks of the schedule: each counts once, whichever worker it comes to and however late."""

from datetime import datetime
from typing import Final

from domain.postgres.connect import Connection

# A tick that ran at a time yet to come was that of a clock that was ahead: no other would count until then.
_BEGIN: Final = """
INSERT INTO ticks (name, at) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET at = excluded.at, updated_at = now()
WHERE ticks.at < excluded.at OR ticks.at > greatest(excluded.at, now()) + interval '1 minute'
RETURNING id
"""


async def begin(db: Connection, name: str, at: datetime) -> bool:
    """Whether the tick is still to run; if so, it has as soon as the transaction commits."""
    return await db.fetchval(_BEGIN, name, at) is not None
