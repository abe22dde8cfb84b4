"""The servers that are compared, one process each, all on one PostgreSQL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from ops.local.address import free_port
from ops.local.logs import new_log
from ops.local.postgres import SUPERUSER
from ops.local.program import Program
from tests.bench.programs import module, plain_environment, running
from tests.bench.reads.database import Database
from tests.bench.reads.node import PostGraphile
from tests.bench.reads.pool import CONNECTIONS

_READY_SECONDS: Final = 2.0

# What GraphQL over the tables alone has no words for; said as PostGraphile's documentation recommends.
POSTGRAPHILE_FUNCTIONS: Final = """
CREATE OR REPLACE FUNCTION candles_between(series int, "from" timestamptz, "to" timestamptz) RETURNS SETOF candles
LANGUAGE sql STABLE AS $$
    SELECT * FROM candles AS c
    WHERE c.series = candles_between.series AND c.timestamp >= "from" AND c.timestamp < "to" ORDER BY c.timestamp
$$;
CREATE OR REPLACE FUNCTION coin_exchanges_latest_candle(pair coin_exchanges) RETURNS candles
LANGUAGE sql STABLE AS $$
    SELECT * FROM candles WHERE series = pair.series ORDER BY timestamp DESC LIMIT 1
$$;
"""


@contextmanager
def candelabra(folder: Path, database: Database, redis_url: str) -> Iterator[int]:
    """The port of an API for the time of the block."""
    port = free_port()
    exchanges = folder / "exchanges.toml"
    exchanges.touch()
    environment = {
        **_database_settings(database),
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "EXCHANGES_FILE": str(exchanges),
        "SEED": "none",
        "PORT": str(port),
        "DB_POOL_SIZE": str(CONNECTIONS),
    }
    with _running(module("api", folder / f"api-{database.name}.log", environment=environment), port, "/healthz"):
        yield port


@contextmanager
def own(name: str, folder: Path, database: Database, *arguments: str) -> Iterator[int]:
    """The port of a contestant of our own making for the time of the block."""
    port = free_port()
    given = ("--port", str(port), "--host", str(database.host), "--database", database.name, *arguments)
    program = module(f"tests.bench.reads.{name}", folder / f"{name}.log", *given, environment={})
    with _running(program, port, "/"):
        yield port


@contextmanager
def postgraphile(folder: Path, database: Database, installed: PostGraphile) -> Iterator[int]:
    """The port of a PostGraphile for the time of the block."""
    port = free_port()
    environment = {
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "DATABASE_URL": f"postgres://{SUPERUSER}@/{database.name}?host={quote(str(database.host), safe='')}",
        "PORT": str(port),
        "POOL_SIZE": str(CONNECTIONS),
    }
    program = Program(
        name="PostGraphile",
        command=(str(installed.node), str(installed.server)),
        log=new_log(folder / "postgraphile.log"),
        environment=plain_environment() | environment,
        folder=installed.folder,
    )
    with _running(program, port, "/graphql?query={__typename}"):
        yield port


def migrate(folder: Path, database: Database) -> Program:
    return module("domain.migrate", folder / "migrate.log", environment=_database_settings(database))


def _database_settings(database: Database) -> Mapping[str, str]:
    return {"DB_HOST": str(database.host), "DB_NAME": database.name}


@contextmanager
def _running(program: Program, port: int, path: str) -> Iterator[None]:
    def answers() -> bool:
        try:
            url = f"http://127.0.0.1:{port}{path}"
            return httpx.get(url, timeout=_READY_SECONDS, trust_env=False).status_code < 500
        except httpx.HTTPError:
            return False

    with running(program, answers):
        yield
