"""The loop with the upsert that everyone writes first, a row at a time in one call for each page."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

from tests.bench.loop import Loop, Rows, Store, looping
from tests.bench.span import Span

UPSERT: Final = "CCXT loop with upsert"

# Shaped as Candelabra's own, less its checks and triggers.
_TABLE: Final = """
CREATE TABLE plain_candles (
    series int NOT NULL, timestamp timestamptz NOT NULL,
    open numeric NOT NULL, high numeric NOT NULL, low numeric NOT NULL, close numeric NOT NULL, volume numeric NOT NULL,
    PRIMARY KEY (series, timestamp)
)
"""
_UPSERT: Final = """
INSERT INTO plain_candles VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (series, timestamp) DO UPDATE
SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
"""


def upsert(span: Span, public: str, postgres: Path) -> AbstractContextManager[Loop]:
    return looping(UPSERT, span, public, _table, str(postgres))


@asynccontextmanager
async def _table(host: str) -> AsyncIterator[Store]:
    db = await asyncpg.connect(host=host, user="postgres", database="postgres")
    await db.execute(_TABLE)

    async def store(series: int, rows: Rows) -> None:
        values = [(series, datetime.fromtimestamp(row[0] / 1_000, UTC), *row[1:]) for row in rows]
        await db.executemany(_UPSERT, values)

    try:
        yield store
    finally:
        await db.close()
