"""Migrations under load, on as many candles as a few years of a few pairs: nobody waits for them."""

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import asyncpg

from domain.database import Connection
from domain.migrate import LOCATION
from domain.settings import Settings
from ops.local.postgres import SUPERUSER, embedded_postgres
from tests.chaos.parts import going_on
from tests.chaos.report import Report
from tests.tardiness import tardiness
from tests.test_migrations import real_migrations, run as apply

# Candles of the long version, and the series that they are of.
CANDLES: Final = 5_000_000
_SERIES: Final = 10

# Seconds. A migration waits for a lock for one, while everybody else waits behind it.
LOCK_LIMIT: Final = 1.0
# Seconds for which a reader holds on to what migrations want to change: longer than one attempt.
_READ_SECONDS: Final = 1.5
_PAUSE: Final = 0.005

_PAIRS: Final = """
WITH c AS (INSERT INTO coins (symbol, name) VALUES ('BTC', 'BTC') RETURNING id),
e AS (INSERT INTO exchanges (name, adapter, rate_limit, timeout) VALUES ('x', 'binance', 1, 1) RETURNING id),
t AS (INSERT INTO timeframes (interval, minutes) VALUES ('1m', 1) RETURNING id)
INSERT INTO coin_exchanges (coin_id, exchange_id, timeframe_id, symbol, quote)
SELECT c.id, e.id, t.id, 'C' || number || '/USDT', 'USDT' FROM c, e, t, generate_series(1, $1::int) AS number
"""
# Triggers would count each; they are told at once what came of it.
_LOAD: Final = """
SET session_replication_role = replica;
INSERT INTO candles SELECT series, '2020-01-01Z'::timestamptz + minute * interval '1 minute', 2, 3, 1, 2, 5
FROM generate_series(1, {series}) AS series, generate_series(1, {each}) AS minute;
UPDATE coin_exchanges SET candle_count = {each};
SET session_replication_role = DEFAULT;
ANALYZE candles;
"""
_WRITE: Final = """
INSERT INTO candles VALUES ($1, '2010-01-01Z'::timestamptz + $2::int * interval '1 minute', 2, 3, 1, 2, 5)
"""
_COVER: Final = """
UPDATE coin_exchanges SET covered = covered + tstzmultirange(tstzrange(
    '2010-01-01Z'::timestamptz + $2::int * interval '1 minute', '2010-01-01Z'::timestamptz + ($2::int + 1) * interval '1 minute'
)) WHERE series = $1
"""
_READ: Final = """
SELECT p.symbol, c.* FROM coin_exchanges AS p
JOIN candles AS c ON c.series = p.series AND c.timestamp > '2020-01-02Z' WHERE p.series = $1
ORDER BY c.timestamp LIMIT 500
"""

# What a later version might well bring: columns with defaults, and an index on the largest table.
TOMORROW: Final = {
    "98_20990101000000_columns.py": (
        True,
        "ALTER TABLE candles ADD COLUMN trades int; "
        "ALTER TABLE coin_exchanges ADD COLUMN note text NOT NULL DEFAULT ''; "
        "ALTER TABLE sync_jobs ADD COLUMN note text NOT NULL DEFAULT '';",
    ),
    "99_20990102000000_index.py": (False, "CREATE INDEX CONCURRENTLY idx_candles_volume ON candles (volume);"),
}


async def run(seed: int, _: float) -> Report:
    report = Report("Migrations under load", seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="candelabra-", ignore_cleanup_errors=True)))
        host = stack.enter_context(embedded_postgres(folder / "postgres"))
        settings = Settings(db_host=str(host), db_user=SUPERUSER, db_name="postgres", data_dir=folder)
        await upgrade(settings, folder, report, candles=CANDLES)
    return report


async def upgrade(settings: Settings, folder: Path, report: Report, candles: int) -> None:
    """An empty database: the oldest schema is filled, and upgraded to what a later version might have."""
    await _apply(settings, folder, real_migrations()[:1])
    async with _connected(settings) as db:
        await db.execute(_PAIRS, _SERIES)
        await db.execute(_LOAD.format(series=_SERIES, each=candles // _SERIES))
        files = await db.fetchval("SELECT pg_relation_filenode('candles')")
        async with tardiness() as machine, AsyncExitStack() as stack:
            waits = [await stack.enter_async_context(_load(settings, name)) for name in _CLIENTS]
            began = time.monotonic()
            for migration in real_migrations()[1:]:
                await _apply(settings, folder, [migration])
            for name in TOMORROW:
                await _apply(settings, folder, [_written(folder, name)])
            report.counts["migrations applied"] = len(real_migrations()) - 1 + len(TOMORROW)
            report.counts["seconds that they took"] = round(time.monotonic() - began)
        slowest = dict(zip(_CLIENTS, waits, strict=True))
        limit = LOCK_LIMIT + machine.worst
        for name, wait in slowest.items():
            report.counts[f"{name} meanwhile"] = wait.times
            report.at_least(f"{name} at all", wait.times, 2)
            report.at_most(f"longest of {name}", wait.longest, limit + (_READ_SECONDS if "long" in name else 0), "s")
        report.counts["candles"] = await db.fetchval("SELECT count(*) FROM candles")
        report.at_most("rewritten tables", await db.fetchval("SELECT pg_relation_filenode('candles')") != files, 0)
        report.at_most("miscounted pairs", await db.fetchval(_MISCOUNTED), 0)
