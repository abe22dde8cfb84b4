"""`make run`, with stand-ins for the API and the worker."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx
import psutil
import pytest
import redis

from domain.settings import Settings
from domain.telemetry.exposition import SHARED_FOLDER
from ops.local.address import free_address
from ops.local.connections import require_database, require_redis
from ops.local.errors import RunError
from ops.local.postgres import embedded_postgres
from ops.local.valkey import embedded_valkey
from tests.ops.running import Running, alive, refused
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not pytest's own: every other session of pytest closes that to the account of the servers again."""
    with TemporaryDirectory(prefix="candelabra-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """A run that has come up."""
    run = Running.start(folder / "running").ready()
    yield run
    run.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def data_dir(folder: Path) -> Path:
    """For runs that end within their test; made once, because that takes longest."""
    return folder / "data"


async def _fetch(run: Running, query: str) -> object:
    """One value, as a client of the embedded PostgreSQL gets it."""
    connection = await asyncpg.connect(host=run.embedded["db_host"], user="postgres", database="candelabra")
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_it_started_is_kept_where_other_processes_find_it(running: Running) -> None:
    """embedded.json leads to PostgreSQL with the database, to Valkey and to the sandbox."""
    with redis.Redis.from_url(running.embedded["redis_url"]) as client:
        appends = client.config_get("appendonly")

    assert await _fetch(running, "SELECT current_database()") == "candelabra"
    assert appends == {"appendonly": "yes"}
    assert running.embedded["sandbox_url"].startswith("http://127.0.0.1:")


def test_only_the_api_listens_on_a_port(running: Running) -> None:
    """The embedded servers have sockets in the file system and nothing else."""
    listening = set[int]()
    for process in running.everything():
        with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL's own come and go
            connections = process.net_connections("tcp")
            listening |= {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}

    assert listening == {httpx.URL(running.url).port}


def test_the_api_and_the_worker_count_together(running: Running) -> None:
    """They are told the same folder, which began empty, so that the API's metrics are those of the worker, too."""
    told = [process.environ().get(SHARED_FOLDER) for process in running.programs()]
    folder = running.data_dir / "metrics"

    assert sorted(filter(None, told)) == [str(folder)] * 2
    assert list(folder.iterdir()) == []  # the stand-ins count nothing


def test_postmaster_pid_tells_the_socket(running: Running) -> None:
    """The data folder lies under DATA_DIR, and its note names the folder of the socket."""
    lines = (running.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()

    assert lines[4] == running.embedded["db_host"]
    assert Path(lines[4], ".s.PGSQL.5432").is_socket()


def test_a_second_run_is_refused(running: Running) -> None:
    """One DATA_DIR, one run; the sentence says who has it, and the first goes on."""
    said = refused(running.data_dir)

    assert said.count("\n") == 1
    assert f"process {running.process.pid}, {running.url}" in said
    assert httpx.get(f"{running.url}/readyz").is_success


def test_a_taken_port_is_refused(running: Running, folder: Path) -> None:
    """The sentence says which port and what to do."""
    port = httpx.URL(running.url).port
    assert port is not None

    said = refused(folder / "other", PORT=str(port))

    assert said.startswith(f"Port {port} of 127.0.0.1 is taken by another program.")


def test_a_killed_program_is_started_again(running: Running) -> None:
    """The API answers again a moment after somebody killed it."""
    running.program("api").kill()
    running.until("api ended (killed by SIGKILL) and is started again.")

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{running.url}/readyz").is_success:
                return
        time.sleep(0.05)
    pytest.fail(running.text)


async def test_a_killed_postgres_is_started_again(running: Running) -> None:
    """Backends that outlive their postmaster do not keep the next one from starting."""
    running.program("postgres").kill()
    running.until("postgres ended (killed by SIGKILL) and is started again.")

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            assert await _fetch(running, "SELECT 1") == 1
            return
        await asyncio.sleep(0.05)
    pytest.fail(running.text)


async def test_an_end_leaves_nothing_but_the_data(folder: Path) -> None:
    """After Ctrl-C no process, socket or note is left, wherever DATA_DIR lies; the next run finds the data."""
    data_dir = folder / ("so long, and with spaces, that no socket fits there, " * 3) / "data"
    first = Running.start(data_dir, SEED="demo").ready()
    started = first.everything()
    sockets = {Path(first.embedded["db_host"]), Path(first.embedded["redis_url"].removeprefix("unix://")).parent}
    private = [folder.stat().st_mode & 0o777 for folder in sockets]
    await _fetch(first, "CREATE TABLE kept AS SELECT 7 AS number")
    assert first.end(signal.SIGINT) == 0

    assert "BTC/USDT 1m: 100 %, 43,200 candles" in first.text
    assert len(started) > 5
    assert alive(started) == []
    assert {path.name for path in data_dir.iterdir()} == {".gitignore", "logs", "postgres", "valkey"}
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    assert private == [0o700, 0o700]
    assert not any(folder.exists() for folder in sockets)

    second = Running.start(data_dir).ready()
    assert await _fetch(second, "SELECT number FROM kept") == 7
    second.end(signal.SIGTERM)


async def test_a_killed_run_is_recovered(data_dir: Path) -> None:
    """Kill -9 takes everything down or leaves it to the next run, which starts as if nothing had been."""
    first = Running.start(data_dir).ready()
    left = first.everything()
    await _fetch(first, "CREATE TABLE kept AS SELECT 7 AS number")
    # They do not hear of the death either.
    for process in left:
        process.suspend()
    first.end(signal.SIGKILL)
    for process in left:
        process.resume()

    second = Running.start(data_dir).ready()

    assert alive(left) == []
    assert await _fetch(second, "SELECT number FROM kept") == 7
    second.end(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_it_ends_with_its_make(data_dir: Path, number: signal.Signals) -> None:
    """A signal that make alone gets, or its death, ends the run; the next one waits for that."""
    makefile = data_dir.with_name("Makefile")
    makefile.write_text(f"run:\n\t@exec '{sys.executable}' -m tests.ops.stand_in run --under-make\n")
    run = Running.start(data_dir, "make", "-f", str(makefile)).ready()
    left = run.everything()

    run.process.send_signal(number)
    said = refused(data_dir, PORT="wrong")
    run.process.wait(20)
    psutil.wait_procs(left, timeout=20)

    assert "PORT='wrong'" in said
    assert alive(left) == []


def test_given_servers_are_used(folder: Path) -> None:
    """With DB_HOST and REDIS_URL nothing is embedded, and the database is made where it is missing.

    Production has no sandbox either, and no GraphiQL among the addresses.
    """
    with embedded_postgres(folder / "pg", fast=True) as host, embedded_valkey(folder / "vk", fast=True) as url:
        given = {"DB_HOST": str(host), "DB_NAME": 'odd "name', "REDIS_URL": url, "APP_ENV": "production"}
        run = Running.start(folder / "given", **given).ready()
        found = run.embedded
        run.end(signal.SIGTERM)

    assert found == {}
    assert {path.name for path in (folder / "given").iterdir()} == {".gitignore", "logs"}
    assert "GraphiQL" not in run.text


def test_a_refused_migration_ends_the_run(data_dir: Path) -> None:
    """Its own sentence, exit status 1, no trace, nothing left running."""
    assert "The schema is from the future." in refused(data_dir, REFUSE_MIGRATION="The schema is from the future.")
    assert not (data_dir / "run.json").exists()


def test_a_foreign_address_is_refused() -> None:
    """HOST has to be one of this machine."""
    with pytest.raises(RunError, match=r"HOST=192\.0\.2\.1 is not an address of this machine"):
        free_address(Settings(host="192.0.2.1"))


def test_an_unreachable_database_is_refused() -> None:
    """The sentence says where it was looked for."""
    with pytest.raises(RunError, match=r"PostgreSQL at 127\.0\.0\.1:1/candelabra cannot be used"):
        require_database(Settings(db_host="127.0.0.1", db_port=1))


def test_an_unreachable_redis_is_refused() -> None:
    """The sentence says where it was looked for, without the password."""
    with pytest.raises(RunError, match=r"Redis at .* cannot be used") as refusal:
        require_redis(Settings(redis_url="redis://me:secret@127.0.0.1:1/0"))

    assert "secret" not in str(refusal.value)
