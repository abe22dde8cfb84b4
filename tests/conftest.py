"""Real servers for all tests: PostgreSQL, migrated once, and Valkey; both emptied after each test that used them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from domain.database import connection, database
from domain.interval import STANDARD_INTERVALS
from domain.migrate import upgrade
from domain.queue import redis
from domain.settings import Seed, Settings
from ops.local.postgres import SUPERUSER, embedded_postgres
from ops.local.valkey import embedded_valkey

pytest_plugins = ["tests.spread", "tests.garbage", "tests.chaos.told", "pytester"]

_DATABASE = "candelabra_test"
TABLES = (
    "coins",
    "coingecko_coins",
    "catalog_loads",
    "exchanges",
    "markets",
    "coin_exchanges",
    "sync_jobs",
    "candles",
    "candle_changes",
    "coverage_sources",
    "ticks",
    "api_keys",
)
# TRUNCATE makes each file of each table and index anew, which is dear where next to nothing is kept; a megabyte is next
# to nothing. Neither triggers nor foreign keys have a say.
_EMPTY = """
DO $$
DECLARE
    filled CONSTANT regclass[] := ARRAY(
        SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND relname NOT IN ('aerich', 'timeframes')
    );
    named CONSTANT text := array_to_string(filled, ', ');
    place regclass;
BEGIN
    EXECUTE 'LOCK TABLE ' || named || ' IN ACCESS EXCLUSIVE MODE';
    IF (SELECT sum(pg_relation_size(item)) FROM unnest(filled) AS item) > 1 << 20 THEN
        EXECUTE 'TRUNCATE ' || named || ' RESTART IDENTITY CASCADE';
        RETURN;
    END IF;
    SET LOCAL session_replication_role = replica;
    FOREACH place IN ARRAY filled LOOP
        EXECUTE 'DELETE FROM ' || place;
    END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence
    WHERE seqrelid IN (SELECT objid FROM pg_depend WHERE refobjid = ANY (filled) AND deptype IN ('a', 'i'));
END $$
"""


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """A folder of our own: pytest closes its folders to the account that the servers run as under root."""
    with TemporaryDirectory(prefix="candelabra-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres(servers: Path) -> Iterator[Path]:
    """The socket's folder of a server that forces nothing to disk."""
    with embedded_postgres(servers / "postgres", fast=True) as host:
        yield host


@pytest.fixture(scope="session")
def valkey(servers: Path) -> Iterator[str]:
    with embedded_valkey(servers / "valkey", fast=True) as url:
        yield url


@pytest.fixture(scope="session")
async def installation(postgres: Path, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return await new_installation(postgres, valkey, tmp_path_factory.mktemp("installation"))


async def new_installation(postgres: Path, valkey: str, folder: Path) -> Settings:
    """Settings of an installation without exchanges, whose schema is current. Nothing is opened."""
    server = await asyncpg.connect(host=str(postgres), user=SUPERUSER, database="postgres")
    await server.execute(f"CREATE DATABASE {_DATABASE}")
    await server.close()
    (folder / "exchanges.toml").touch()
    settings = Settings(
        db_host=str(postgres),
        db_user=SUPERUSER,
        db_name=_DATABASE,
        redis_url=valkey,
        data_dir=folder,
        exchanges_file=folder / "exchanges.toml",
        sandbox_url="",
        seed=Seed.NONE,
        port=0,
    )
    await upgrade(settings)
    return settings


@pytest.fixture
async def settings(installation: Settings) -> AsyncIterator[Settings]:
    """An installation whose database is open for the time of a test."""
    async with database(installation):
        yield installation
        await empty(installation)


async def empty(installation: Settings) -> None:
    """Leaves the standard timeframes, which every start makes exist."""
    async with connection() as db:
        await db.execute(_EMPTY)
        await db.execute("DELETE FROM timeframes WHERE interval <> ALL($1)", [item.text for item in STANDARD_INTERVALS])
    async with redis(installation.redis_url) as client:
        await client.flushall()
