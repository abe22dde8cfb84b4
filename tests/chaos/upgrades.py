"""Migrations under load, on as many candles as a few pairs have in a few years: nobody waits for them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import asyncpg

from domain.postgres.connect import Connection
from domain.settings import Settings
from ops.local.postgres import SUPERUSER, embedded_postgres
from tests.chaos.parts import going_on
from tests.chaos.report import Report
from tests.migrating import Folder, real_migrations
from tests.tardiness import tardiness

# Candles of the long version, and the series that they are of.
CANDLES: Final = 5_000_000
_SERIES: Final = 10

# Seconds. A migration waits for a lock for half a second, while everybody else waits behind it.
LOCK_LIMIT: Final = 1.0
# Seconds for which a reader holds on to what migrations want to change.
_READ_SECONDS: Final = 0.6
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
UPDATE coin_exchanges SET covered = covered + tstzmultirange(tstzrange(slot, slot + interval '1 minute'))
FROM (SELECT '2010-01-01Z'::timestamptz + $2::int * interval '1 minute' AS slot) AS written WHERE series = $1
"""
_READ: Final = """
SELECT p.symbol, c.timestamp, c.close::text FROM coin_exchanges AS p
JOIN candles AS c ON c.series = p.series AND c.timestamp > '2020-01-02Z' WHERE p.series = $1
ORDER BY c.timestamp LIMIT 500
"""

_FILE: Final = "SELECT pg_relation_filenode('candles')"
_USABLE: Final = "SELECT count(*) FROM pg_index WHERE indisvalid AND indexrelid = to_regclass('idx_candles_volume')"
_MISCOUNTED: Final = """
SELECT count(*) FROM coin_exchanges AS p
WHERE candle_count <> (SELECT count(*) FROM candles AS c WHERE c.series = p.series)
"""

# What a later version might well bring: columns, and an index on the largest table. Each has a migration of its own:
# whoever locks two tables at once may do it in the order in which others do not.
_MIGRATION: Final = """RUN_IN_TRANSACTION = {}
async def upgrade(db):
    return "{}"
MODELS_STATE = ""
"""
TOMORROW: Final = {
    "97_20990101000000_trades.py": _MIGRATION.format(True, "ALTER TABLE candles ADD COLUMN trades int"),
    "98_20990102000000_note.py": _MIGRATION.format(
        True, "ALTER TABLE coin_exchanges ADD COLUMN note text NOT NULL DEFAULT ''"
    ),
    "99_20990103000000_index.py": _MIGRATION.format(
        False, "CREATE INDEX CONCURRENTLY idx_candles_volume ON candles (volume);"
    ),
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
    migrations = Folder(folder / "migrations")
    migrations.path.mkdir()
    migrations.keep(1)
    await migrations.apply(settings)
    async with _connected(settings) as db:
        await db.execute(_PAIRS, _SERIES)
        await db.execute(_LOAD.format(series=_SERIES, each=candles // _SERIES))
        file = await db.fetchval(_FILE)
        async with tardiness() as machine, AsyncExitStack() as stack:
            loads = [await stack.enter_async_context(_beside(Load(name), settings)) for name in _WORK]
            began = time.monotonic()
            migrations.keep(len(real_migrations()))
            await migrations.apply(settings)
            for name, code in TOMORROW.items():
                (migrations.path / "domain" / name).write_text(code)
            await migrations.apply(settings)
            report.counts["seconds of migrating"] = round(time.monotonic() - began)
        report.counts["candles"] = await db.fetchval("SELECT count(*) FROM candles")
        for load in loads:
            load.judge(report, LOCK_LIMIT + machine.worst)
        report.at_most("rewritten tables of candles", await db.fetchval(_FILE) != file, 0)
        report.at_most("pairs that miscount their candles", await db.fetchval(_MISCOUNTED), 0)
        report.at_least("usable indexes of tomorrow", await db.fetchval(_USABLE), 1)


@dataclass
class Load:
    """Somebody who works on the database all the time, and how long that has taken at most."""

    name: str
    times: int = 0
    longest: float = 0.0

    async def go_on(self, settings: Settings) -> None:
        """Until cancelled. Raises what PostgreSQL raises."""
        async with _connected(settings) as db:
            for number in count():
                before = time.monotonic()
                await _WORK[self.name](db, number)
                self.longest = max(self.longest, time.monotonic() - before)
                self.times += 1
                await asyncio.sleep(_PAUSE)

    def judge(self, report: Report, limit: float) -> None:
        own = _READ_SECONDS if self.name == _LONG else 0
        report.counts[self.name] = self.times
        report.at_least(f"{self.name}, at all", self.times, 2)
        report.at_most(f"longest of {self.name}", self.longest, limit + own, "s")


async def _write(db: Connection, number: int) -> None:
    series = number % _SERIES + 1
    async with db.transaction():
        await db.execute("SELECT FROM coin_exchanges WHERE series = $1 FOR UPDATE", series)
        await db.execute(_WRITE, series, number)
        await db.execute(_COVER, series, number)


async def _read(db: Connection, number: int) -> None:
    await db.fetch(_READ, number % _SERIES + 1)


async def _read_long(db: Connection, _: int) -> None:
    async with db.transaction(isolation="repeatable_read", readonly=True):
        await db.fetch("SELECT series, version FROM coin_exchanges")
        await db.fetch("SELECT close FROM candles LIMIT 1")
        await asyncio.sleep(_READ_SECONDS)


_LONG: Final = "long reading transactions"
_WORK: Final[Mapping[str, Callable[[Connection, int], Awaitable[None]]]] = {
    "pages written": _write,
    "pages read": _read,
    _LONG: _read_long,
}


@asynccontextmanager
async def _beside(load: Load, settings: Settings) -> AsyncIterator[Load]:
    async with going_on(load.go_on(settings)):
        yield load


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[Connection]:
    db = await asyncpg.connect(host=settings.db_host, user=settings.db_user, database=settings.db_name)
    try:
        yield db
    finally:
        await db.close()
