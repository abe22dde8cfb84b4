"""Everything that the contests need: rows, servers on them, and who they are."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.local.errors import RunError
from ops.local.postgres import embedded_postgres
from ops.local.valkey import embedded_valkey
from tests.bench.errors import BenchError
from tests.bench.programs import run
from tests.bench.reads import readers, servers
from tests.bench.reads.database import Database
from tests.bench.reads.load import fetch
from tests.bench.reads.node import PostGraphile
from tests.bench.reads.readers import Reader
from tests.bench.reads.rows import Rows
from tests.bench.reads.window import Window

# Candles of the range that is asked for again and again.
_HOT_CANDLES: Final = 1_000
_MIGRATION_SECONDS: Final = 60


@dataclass(frozen=True)
class Arena:
    """`small_port` is that of Candelabra on the small database; everyone else is on the large one."""

    large: Database
    large_rows: Rows
    small: Database
    small_rows: Rows
    candelabra: Reader
    small_port: int
    constant: Reader
    others: Sequence[Reader]
    hot: Window


@contextmanager
def postgres(folder: Path) -> Iterator[Path]:
    """A server with the usual durability for the time of the block; raises BenchError where it does not start."""
    try:
        with embedded_postgres(folder / "postgres") as host:
            yield host
    except RunError as error:
        raise BenchError(str(error)) from error


def filled(host: Path, folder: Path, name: str, rows: Rows) -> Database:
    """The database of that name, made and filled unless an earlier run has kept it."""
    server, database = Database(host, "postgres"), Database(host, name)
    if not server.fetch("SELECT FROM pg_database WHERE datname = $1", name):
        unfinished = new_database(host, folder, f"{name}_unfinished")
        unfinished.execute(*rows.statements())
        server.execute(f"ALTER DATABASE {unfinished.name} RENAME TO {name}")
    _migrate(folder, database)
    return database


def new_database(host: Path, folder: Path, name: str) -> Database:
    """Migrated and empty."""
    server, database = Database(host, "postgres"), Database(host, name)
    server.execute(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    _migrate(folder, database)
    return database


def _migrate(folder: Path, database: Database) -> None:
    run(servers.migrate(folder, database), seconds=_MIGRATION_SECONDS)


@contextmanager
def arena(
    folder: Path, large: tuple[Database, Rows], small: tuple[Database, Rows], installed: PostGraphile | None
) -> Iterator[Arena]:
    """All servers, idle, for the time of the block; without PostGraphile where none is installed."""
    with ExitStack() as stack:
        # One Valkey each, because what two databases cache must not mix.
        redis_urls = [stack.enter_context(embedded_valkey(folder / f"valkey-{name}")) for name in ("large", "small")]
        ours = readers.candelabra(stack.enter_context(servers.candelabra(folder, large[0], redis_urls[0])))
        small_port = stack.enter_context(servers.candelabra(folder, small[0], redis_urls[1]))
        hot = Window(0, large[1].minutes // 2, _HOT_CANDLES)
        body = folder / "constant.json"
        body.write_bytes(fetch(ours.port, ours.request(hot)))
        plain = stack.enter_context(servers.own("plain", folder, large[0], "--body", str(body)))
        stock = stack.enter_context(servers.own("stock", folder, large[0]))
        others = [readers.stock(stock), readers.plain(plain)]
        if installed:
            large[0].execute(servers.POSTGRAPHILE_FUNCTIONS)
            others.append(readers.postgraphile(stack.enter_context(servers.postgraphile(folder, large[0], installed))))
        yield Arena(*large, *small, ours, small_port, readers.constant(plain, ours), others, hot)
