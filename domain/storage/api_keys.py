"""API keys: hashes, never keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from domain.database import connection
from domain.errors import ConflictError, NotFoundError
from domain.scope import SCOPES, Scope


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One that was not revoked; `digest` is that of the whole key."""

    id: UUID
    prefix: str
    digest: str
    scope: Scope


_ADD: Final = """
INSERT INTO api_keys (name, prefix, hash, scopes) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE
SET prefix = excluded.prefix, hash = excluded.hash, scopes = excluded.scopes, created_at = now(), updated_at = now(),
    last_used_at = NULL, revoked_at = NULL
WHERE api_keys.revoked_at IS NOT NULL
RETURNING id
"""


async def add(name: str, prefix: str, digest: str, scopes: Sequence[Scope]) -> None:
    """The name of a revoked key can be taken again; ConflictError for that of another."""
    texts = orjson.dumps([scope.text for scope in scopes]).decode()
    async with connection() as db:
        if not await db.fetchval(_ADD, name, prefix, digest, texts):
            raise ConflictError(f"There is a key '{name}' already: take another name, or revoke it first.")


_FIND: Final = """
SELECT id, prefix, hash, scopes FROM api_keys WHERE prefix = ANY($1::text[]) AND revoked_at IS NULL
"""


async def by_prefixes(prefixes: Sequence[str]) -> dict[str, ApiKey]:
    async with connection() as db:
        rows = await db.fetch(_FIND, prefixes)
    return {row["prefix"]: ApiKey(row["id"], row["prefix"], row["hash"], _widest(row["scopes"])) for row in rows}


def _widest(scopes: str) -> Scope:
    return max(SCOPES[text] for text in orjson.loads(scopes))


_USED: Final = """
UPDATE api_keys SET last_used_at = $2
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2::timestamptz - interval '1 minute')
"""


async def used(key_id: UUID, now: datetime) -> None:
    """Notes a use, unless one of the last minute is."""
    async with connection() as db:
        await db.execute(_USED, key_id, now)


_REVOKE: Final = """
UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2), updated_at = now() WHERE name = $1 RETURNING id
"""


async def revoke(name: str, now: datetime) -> None:
    """Raises NotFoundError; one that was revoked before stays so."""
    async with connection() as db:
        if not await db.fetchval(_REVOKE, name, now):
            raise NotFoundError(f"There is no key '{name}'.")


async def exist() -> bool:
    """Whether there is one that was not revoked."""
    async with connection() as db:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM api_keys WHERE revoked_at IS NULL)"))
