"""The pool of connections: what goes back to it holds nothing."""

from collections.abc import AsyncIterator
from typing import Final, TypeAlias

import asyncpg
import pytest

from domain.database import connection
from domain.settings import Settings

Onlooker: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_LOCKS: Final = "SELECT count(*) FROM pg_locks WHERE relation = 'candles'::regclass"


@pytest.fixture
async def onlooker(settings: Settings) -> AsyncIterator[Onlooker]:
    """Somebody else's connection."""
    db = await asyncpg.connect(host=settings.db_host, user=settings.db_user, database=settings.db_name)
    yield db
    await db.close()


async def test_a_statement_that_was_prepared_and_never_run_holds_no_lock(onlooker: Onlooker) -> None:
    """Between the two its driver leaves a transaction open, and who gives up then would leave it for ever."""
    async with connection() as db:
        with pytest.raises(asyncpg.DataError):
            await db.fetch("SELECT FROM candles WHERE series = $1", "no number")

    assert await onlooker.fetchval(_LOCKS) == 0
