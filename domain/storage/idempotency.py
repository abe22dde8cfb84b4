"""Idempotency keys: a request that is repeated under its key finds what became of it the first time."""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.database import connection
from domain.errors import ConflictError
from domain.models import SyncKind
from domain.postgres.connect import Connection


class KeyTakenError(Exception):
    """Somebody else's request under the key was first; nothing of this one may stay."""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """What was asked for under a key."""

    pair_id: UUID
    kind: SyncKind
    start: datetime | None
    end: datetime | None
    is_forced: bool


_FIND: Final = """
SELECT job_id, (pair_id, kind, range_from, range_to, is_forced)
    IS NOT DISTINCT FROM ($2::uuid, $3::smallint, $4::timestamptz, $5::timestamptz, $6::bool) AS is_the_same
FROM idempotency_keys WHERE key = $1
"""


async def find(key: str, request: KeyedRequest) -> UUID | None:
    """The job that the key stands for; ConflictError where it stands for another request."""
    async with connection() as db:
        found = await db.fetchrow(_FIND, key, *astuple(request))
    if found is None:
        return None
    if not found["is_the_same"]:
        raise ConflictError(
            "This idempotencyKey was used for another request; repeat it with the same arguments, or take a new key."
        )
    job_id: UUID = found["job_id"]
    return job_id


_REMEMBER: Final = """
INSERT INTO idempotency_keys (key, pair_id, kind, range_from, range_to, is_forced, job_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
RETURNING id
"""


async def remember(db: Connection, key: str, request: KeyedRequest, job_id: UUID) -> None:
    """Makes the key stand for the job as soon as the transaction commits; KeyTakenError when it cannot."""
    if not await db.fetchval(_REMEMBER, key, *astuple(request), job_id):
        raise KeyTakenError
