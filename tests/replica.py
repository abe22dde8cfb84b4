"""A streaming replica of an embedded server, by PostgreSQL's own pg_basebackup."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from domain.postgres.connect import Connection
from ops.local.account import make_folder
from ops.local.logs import new_log
from ops.local.postgres import SUPERUSER, Postgres
from ops.local.program import Child, sleep, start, stop, wait_for, wait_for_end
from tests import freezing

_SECONDS: Final = 60.0


@dataclass
class Replica:
    """`host` is the folder of its socket."""

    server: Postgres
    child: Child

    @property
    def host(self) -> Path:
        return self.server.socket_folder

    async def connect(self, database: str) -> Connection:
        return await asyncpg.connect(host=str(self.host), user=SUPERUSER, database=database)

    def freeze(self) -> None:
        freezing.freeze(self.child.pid)

    def thaw(self) -> None:
        freezing.thaw(self.child.pid)

    def begin(self) -> None:
        self.child = _started(self.server)

    def end(self) -> None:
        stop([self.child], seconds=_SECONDS)


@contextmanager
def streaming_replica(primary: Path, folder: Path) -> Iterator[Replica]:
    """Of the server whose socket is in the folder `primary`, for the time of the block."""
    server = Postgres(folder, log=new_log(folder.with_name(f"{folder.name}.log")), fast=True)
    make_folder(folder, server._account)
    options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
    place = ["--pgdata", str(folder), "--host", str(primary), "--username", SUPERUSER]
    copy = start(server._program("pg_basebackup", "pg_basebackup", [*options, *place]))
    assert wait_for_end(copy, seconds=_SECONDS, pause=sleep) == 0, folder.with_name(f"{folder.name}.log").read_text()
    for lock in folder.glob(".s.PGSQL.*"):  # the primary's
        lock.unlink()
    replica = Replica(server, _started(server))
    try:
        yield replica
    finally:
        replica.end()
        server.clear()


def _started(server: Postgres) -> Child:
    child = start(server.program)
    wait_for(lambda: server.is_ready(child), child, seconds=_SECONDS, pause=sleep)
    return child
