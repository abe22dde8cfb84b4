"""Everything behind `make run`, in the order in which it comes up."""

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

from domain.clock import system_clock
from domain.settings import EMBEDDED_FILE, Seed, Settings, SettingsError
from ops.local.address import Address, free_address
from ops.local.connections import require_database, require_redis
from ops.local.embedded import Embedded
from ops.local.errors import RunError
from ops.local.fleet import Fleet
from ops.local.logs import last_lines, new_log
from ops.local.parts import Command, Parts
from ops.local.program import Program
from ops.local.record import only_run
from ops.local.stop import Stopped, StopRequest
from ops.local.terminal import complain, say
from ops.local.welcome import welcome

_MIGRATION_SECONDS: Final = 600  # of a large table
_WATCH_SECONDS: Final = 1.0

# The folder, while the run lasts, of what API and worker count.
_COUNTS: Final = "metrics"


def run_until_stopped(parts: Parts, stop: StopRequest, *, make: int | None) -> int:
    """Brings the installation up and keeps it up; the exit status, once nothing runs any more."""
    try:
        _run(parts, stop, make=make)
    except Stopped:
        return 0
    except (RunError, SettingsError) as error:
        complain(str(error))
    except OSError as error:
        complain(f"{error.filename or 'The system'} cannot be used: {error.strerror or error}.")
    return 1


def _run(parts: Parts, stop: StopRequest, *, make: int | None) -> NoReturn:
    data_dir = Settings.load().data_dir.absolute()
    with only_run(data_dir, make=make, pause=stop.pause) as log:
        # Of a run that was killed: its servers must not be taken for DB_HOST and REDIS_URL.
        (data_dir / EMBEDDED_FILE).unlink(missing_ok=True)
        settings = Settings.load()
        address = free_address(settings)
        parts.read_exchanges(settings)
        log.note(url=address.url)
        fleet = Fleet(log, stop.pause, stop.nap)
        embedded = Embedded(settings, data_dir, fleet, parts.sandbox)
        try:
            _bring_up(parts, fleet, embedded, address, data_dir / "logs")
            _keep_up(fleet, stop)
        except Stopped:
            say("Stopping …")
            raise
        finally:
            fleet.stop()
            embedded.clear()
            shutil.rmtree(data_dir / _COUNTS, ignore_errors=True)


def _bring_up(parts: Parts, fleet: Fleet, embedded: Embedded, address: Address, logs: Path) -> None:
    began_at = system_clock()
    say("Starting the servers …")
    embedded.start()
    settings = Settings.load()
    if not embedded.has_redis:
        require_redis(settings)
    require_database(settings)
    _migrate(parts.migrate, fleet, logs)
    say("Starting the API and a worker …")
    environment = os.environ | {
        "PORT": str(address.port),
        "PYTHONUNBUFFERED": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(_empty(logs.parent / _COUNTS)),
    }
    silent = environment | {"METRICS_PORT": "0"}  # the API shows what both count
    api, _ = (
        fleet.start(Program(name=name, command=command, log=new_log(logs / f"{name}.log"), environment=own))
        for name, command, own in (("api", parts.api, environment), ("worker", parts.worker, silent))
    )
    # Slow imports, while the API is slow to start.
    from ops.local.first_sync import follow_first_sync  # noqa: PLC0415
    from ops.local.readiness import wait_until_ready  # noqa: PLC0415

    wait_until_ready(address.url, api, fleet)
    if settings.seed is Seed.DEMO and not settings.requires_key:
        follow_first_sync(f"{address.url}/graphql", began_at, tend=fleet.tend, pause=fleet.pause)
    say(welcome(settings, address.url, logs))


def _empty(folder: Path) -> Path:
    """Where API and worker count together."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _migrate(command: Command, fleet: Fleet, logs: Path) -> None:
    program = Program(name="migrations", command=command, log=new_log(logs / "migrations.log"))
    if fleet.run(program, seconds=_MIGRATION_SECONDS) != 0:
        raise RunError(f"The database could not be brought to the current schema.\n{last_lines(program.log)}")


def _keep_up(fleet: Fleet, stop: StopRequest) -> NoReturn:
    while True:
        fleet.tend()
        stop.pause(_WATCH_SECONDS)
