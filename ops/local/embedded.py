"""The servers of a run that nobody else provides: PostgreSQL, Valkey and the sandbox exchange."""

import json
from pathlib import Path

from domain.settings import EMBEDDED_FILE, Settings
from ops.local.address import free_port
from ops.local.fleet import Fleet
from ops.local.logs import new_log
from ops.local.parts import Command
from ops.local.postgres import INITDB_SECONDS, Postgres
from ops.local.program import Child, Program, wait_for
from ops.local.record import write_whole
from ops.local.valkey import Valkey


class Embedded:
    def __init__(self, settings: Settings, data_dir: Path, fleet: Fleet, sandbox: Command) -> None:
        self._file = data_dir / EMBEDDED_FILE
        self._logs = data_dir / "logs"
        self._fleet = fleet
        self._sandbox = () if settings.is_production else sandbox
        self._postgres = None if settings.db_host else Postgres(data_dir / "postgres", log=self._log("postgres"))
        self._valkey = None if settings.redis_url else Valkey(data_dir / "valkey", log=self._log("valkey"))

    def start(self) -> None:
        """Starts them side by side, waits for them, and tells every other process where they are."""
        found = dict[str, str]()
        if self._sandbox:
            found["sandbox_url"] = self._start_sandbox(self._sandbox)
        valkey = self._fleet.start(self._valkey.program, is_server=True) if self._valkey else None
        postgres = self._start_postgres(self._postgres) if self._postgres else None
        if self._valkey and valkey:
            self._wait(self._valkey, valkey)
            found["redis_url"] = self._valkey.url
        if self._postgres and postgres:
            self._wait(self._postgres, postgres)
            found["db_host"] = str(self._postgres.socket_folder)
        write_whole(self._file, json.dumps(found))

    @property
    def has_redis(self) -> bool:
        return self._valkey is not None

    def clear(self) -> None:
        """After all of them have stopped."""
        self._file.unlink(missing_ok=True)
        for server in (self._postgres, self._valkey):
            if server:
                server.clear()

    def _start_sandbox(self, command: Command) -> str:
        port = free_port()
        program = Program(name="sandbox", command=(*command, "--port", str(port)), log=self._log("sandbox"))
        self._fleet.start(program, is_server=True)
        return f"http://127.0.0.1:{port}"

    def _start_postgres(self, server: Postgres) -> Child:
        server.initialise(lambda program: self._fleet.run(program, seconds=INITDB_SECONDS))
        return self._fleet.start(server.program, is_server=True)

    def _wait(self, server: Postgres | Valkey, child: Child) -> None:
        wait_for(lambda: server.is_ready(child), child, seconds=server.start_seconds, pause=self._fleet.pause)

    def _log(self, name: str) -> Path:
        return new_log(self._logs / f"{name}.log")
