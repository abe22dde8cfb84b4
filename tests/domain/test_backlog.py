"""What is asked every few seconds, or for each of many rows, reads no table from end to end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.database import connection, transaction
from domain.models import SyncKind
from domain.postgres.connect import Connection
from domain.seed import seed
from domain.settings import Settings
from domain.storage import backlog as module
from domain.storage.backlog import backlog
from tests import factories

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
ENDED = 20_000

_ENDED = """
INSERT INTO sync_jobs (pair_id, kind, status, created_at, finished_at, is_scheduled)
SELECT $1, 1, 2, $2::timestamptz - place * interval '10 seconds', $2, TRUE FROM generate_series(1, $3::int) AS place
"""
_KEYS = """
INSERT INTO idempotency_keys (key, job_id, pair_id, kind, is_forced)
SELECT id::text, id, pair_id, kind, FALSE FROM sync_jobs
"""


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Connection]:
    """Beside many jobs that have ended, each with a key."""
    await seed(settings, decides=True)
    pair = await factories.pair()
    async with connection() as db:
        await db.execute(_ENDED, pair.id, NOW, ENDED)
        await db.execute(_KEYS)
        await db.execute("ANALYZE sync_jobs, idempotency_keys")
    await factories.job(pair, SyncKind.INITIAL, created_at=NOW - timedelta(days=1))
    async with connection() as db:
        yield db


async def plan(db: Connection, statement: str, *values: Any) -> str:
    return "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {statement}", *values))


async def test_the_backlog_is_counted_without_reading_all_jobs(db: Connection) -> None:
    """However many have ended; those of the last hour are."""
    hour = timedelta(hours=1)
    assert "Seq Scan" not in await plan(db, module._JOBS, NOW - hour, NOW)
    assert "Seq Scan" not in await plan(db, module._AGE, NOW)

    found = await backlog(NOW)
    assert sum(found.jobs.values()) == 1 + hour.seconds // 10


async def test_keys_of_a_job_are_found_without_reading_all_keys(settings: Settings, db: Connection) -> None:
    """As PostgreSQL looks for them whenever a job is forgotten."""
    async with transaction() as forgetting:
        statement = "DELETE FROM sync_jobs WHERE created_at > $1 AND status = 2"
        await forgetting.execute(statement, NOW - timedelta(minutes=10))
        scans = await forgetting.fetchval("SELECT pg_stat_get_xact_numscans('idempotency_keys'::regclass)")
    assert scans == 0
