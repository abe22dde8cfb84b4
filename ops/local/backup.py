"""`python -m ops.local.backup FILE` writes all that must not be lost into a file; `… --restore FILE` brings it back.

Beside a running installation or without one; Redis holds nothing that the tables do not make up for.
"""

import asyncio
import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from domain.postgres.connect import connect
from domain.settings import EMBEDDED_FILE, Settings, SettingsError
from ops.local.connections import require_database
from ops.local.errors import RunError
from ops.local.postgres import PORT, SUPERUSER, embedded_postgres
from ops.local.program import sleep
from ops.local.record import only_run
from ops.local.terminal import complain, say
from ops.local.wheel import folder_of

# The journal is the memory of who follows candles, and they are gone by then.
DUMP: Final = ("pg_dump", "--format=custom", "--exclude-table-data=candle_changes")

# All or nothing, and as whoever restores.
RESTORE: Final = ("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")

_TABLES: Final = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"

# Counts read keys alone where PostgreSQL knows that rows are visible to all.
_SETTLE: Final = "VACUUM (ANALYZE)"


def dump(settings: Settings, file: Path) -> None:
    """As all tables stand at one instant, while everything goes on. Raises RunError, and then there is no such file."""
    draft = file.with_name(f"{file.name}.unfinished")
    try:
        with _reachable(settings) as found:
            _run(found, [*DUMP, f"--file={draft.absolute()}"])
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def restore(settings: Settings, file: Path) -> None:
    """Into a database that is new or empty. Raises RunError, and then nothing of it stays."""
    if not file.is_file():
        raise RunError(f"There is no file {file}.")
    with _reachable(settings) as found:
        require_database(found)
        asyncio.run(_require_empty(found))
        _run(found, [*RESTORE, f"--dbname={found.db_name}", str(file.absolute())])
        asyncio.run(_settle(found))


@contextmanager
def _reachable(settings: Settings) -> Iterator[Settings]:
    """Where PostgreSQL answers; the embedded one is started for the time of the block where no run has it."""
    with ExitStack() as stack:
        if _is_embedded(settings):
            try:
                stack.enter_context(only_run(settings.data_dir.absolute(), make=None, pause=sleep))
            except RunError:
                if not settings.db_host:
                    raise
            else:
                host = stack.enter_context(embedded_postgres(settings.data_dir.absolute() / "postgres"))
                settings = settings.model_copy(update={"db_host": str(host), "db_port": PORT, "db_user": SUPERUSER})
        yield settings


def _is_embedded(settings: Settings) -> bool:
    """Also where a run that was killed has left its address."""
    file = settings.data_dir / EMBEDDED_FILE
    told = json.loads(file.read_text()) if file.is_file() else {}
    return settings.db_host in {"", told.get("db_host")}


def _run(settings: Settings, command: Sequence[str]) -> None:
    program = folder_of("embedded_postgres") / "pginstall" / "bin" / command[0]
    environment = {
        "PATH": os.defpath,
        "PGHOST": settings.db_host,
        "PGPORT": str(settings.db_port),
        "PGUSER": settings.db_user,
        "PGPASSWORD": settings.db_password.get_secret_value(),
        "PGDATABASE": settings.db_name,
    }
    done = subprocess.run([program, *command[1:]], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunError(done.stderr.strip() or f"{command[0]} ended with status {done.returncode}.")


async def _require_empty(settings: Settings) -> None:
    if await _told(settings, _TABLES):
        raise RunError(
            f"The database {settings.db_name} holds tables already, and nothing is restored over them. "
            "Choose a new DATA_DIR or DB_NAME."
        )


async def _settle(settings: Settings) -> None:
    await _told(settings, _SETTLE)


async def _told(settings: Settings, statement: str) -> object:
    db = await connect(settings)
    try:
        return await db.fetchval(statement)
    finally:
        await db.close()


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="python -m ops.local.backup", description="Saves an installation, or brings it back.")
    parser.add_argument("--restore", action="store_true", help="from the file instead of into it")
    parser.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    try:
        (restore if asked.restore else dump)(Settings.load(), asked.file)
    except (RunError, SettingsError) as error:
        complain(str(error))
        return 1
    say(f"{'Restored from' if asked.restore else 'Saved in'} {asked.file}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
