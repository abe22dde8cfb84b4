"""Which table an id belongs to: ids are unique in the whole installation."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.database import connection


class NodeKind(StrEnum):
    COIN = "coins"
    EXCHANGE = "exchanges"
    TIMEFRAME = "timeframes"
    PAIR = "coin_exchanges"
    JOB = "sync_jobs"


_KINDS: Final = " UNION ALL ".join(
    f"SELECT id, '{kind.value}' AS kind FROM {kind.value} WHERE id = ANY($1::uuid[])" for kind in NodeKind
)


async def kinds(ids: Sequence[UUID]) -> dict[UUID, NodeKind]:
    """What each of the ids names, for those that name something."""
    async with connection() as db:
        return {row["id"]: NodeKind(row["kind"]) for row in await db.fetch(_KINDS, list(ids))}
