"""Migrations: `python -m domain.migrate` applies them, `… --undo` takes the last back, `… NAME` writes the next one."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import asyncpg
from aerich import Command
from tortoise.context import TortoiseContext

from domain.database import tortoise_config
from domain.outage import is_outage
from domain.postgres.connect import Connection, connect
from domain.settings import Settings, SettingsError, UnreachableError

LOCATION: Final = Path(__file__).parent.parent / "migrations"

# Seconds between looks whether another process is done. A statement that waited for it would never end: who builds an
# index without holding anybody up waits for all statements that began before.
_TURN_SECONDS: Final = 0.2

# Any number that no other user of the database takes: aerich holds no lock, and two upgrades at once run twice.
_ADVISORY_LOCK: Final = 7_254_983_001

# Seconds that a transaction waits for a lock, while everybody else waits behind it, and between its attempts to get it.
# Less than PostgreSQL's deadlock_timeout: where each waits for the other, it is the migration that gives up.
_LOCK_SECONDS: Final = 0.5
_PAUSE_SECONDS: Final = 1

# Attempts: some minutes, in which whatever holds the lock ends.
_ATTEMPTS: Final = 100

# What an index that was cut off while it was built without holding anybody up leaves behind.
_UNFINISHED: Final = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


class MigrationError(Exception):
    """A migration that could not be applied; nothing of it stays."""


async def upgrade(settings: Settings, location: Path = LOCATION) -> list[str]:
    """Applies what is missing, one process at a time; names of the migrations applied.

    Each migration is a transaction. Raises MigrationError for the first that fails; those before it stay.
    """
    async with _alone(settings, location) as (command, guard):
        missing = await pending(settings, location)
        try:
            await _once_unlocked(command.upgrade, guard)
        except Exception as error:
            failed = (await pending(settings, location))[0]
            raise MigrationError(
                f"Migration {failed} failed and nothing of it stays: {error}. "
                "Those before it are applied; correct it and run the same again."
            ) from error
        return missing


async def undo(settings: Settings, location: Path = LOCATION) -> list[str]:
    """Takes back the migration that was applied last; its name."""
    async with _alone(settings, location) as (command, guard):
        return await _once_unlocked(lambda: command.downgrade(version=-1, delete=False), guard)


async def _once_unlocked(step: Callable[[], Awaitable[list[str]]], guard: Connection) -> list[str]:
    """Gives up waiting for a lock and tries again, so that others get their turn in between."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(asyncpg.LockNotAvailableError):
            await _drop_unfinished(guard)
            return await step()
        await asyncio.sleep(_PAUSE_SECONDS)
    return await step()


async def _drop_unfinished(guard: Connection) -> None:
    for row in await guard.fetch(_UNFINISHED):
        await guard.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {row[0]}")


@asynccontextmanager
async def _alone(settings: Settings, location: Path) -> AsyncIterator[tuple[Command, Connection]]:
    """Aerich, while no other process has it, and the connection that sees to that."""
    guard = await _connect(settings)
    try:
        while not await guard.fetchval("SELECT pg_try_advisory_lock($1)", _ADVISORY_LOCK):  # noqa: ASYNC110
            await asyncio.sleep(_TURN_SECONDS)
        async with _aerich(_patient(tortoise_config(settings)), location) as command:
            yield command, guard
    finally:
        await guard.close()


@asynccontextmanager
async def _aerich(config: dict[str, Any], location: Path) -> AsyncIterator[Command]:
    """With a context of its own, which Tortoise would leave behind."""
    with TortoiseContext():
        async with Command(config, app="domain", location=str(location)) as command:
            await command.init()
            yield command


def _patient(config: dict[str, Any]) -> dict[str, Any]:
    """A migration may take as long as the tables are large; it still does not hold up everybody for a lock."""
    config["connections"]["default"]["engine"] = "domain.postgres.migrating"
    credentials = config["connections"]["default"]["credentials"]
    credentials["command_timeout"] = None
    credentials["server_settings"]["statement_timeout"] = "0"
    credentials["server_settings"]["lock_timeout"] = f"{_LOCK_SECONDS}s"
    return config


async def pending(settings: Settings, location: Path = LOCATION) -> list[str]:
    """Names of the migrations that the database has not seen."""
    guard = await _connect(settings)
    try:
        known = await guard.fetchval("SELECT to_regclass('aerich') IS NOT NULL")
        rows = await guard.fetch("SELECT version FROM aerich WHERE app = 'domain'") if known else []
    except asyncpg.InsufficientPrivilegeError as error:
        told = f"'{settings.db_user}' may not read the tables of the database '{settings.db_name}': {error}"
        raise SettingsError(f"{told}. Make it their owner, or correct DB_USERNAME.") from error
    finally:
        await guard.close()
    names = {file.name for file in (location / "domain").glob("[0-9]*.py")} - {row["version"] for row in rows}
    return sorted(names, key=lambda name: int(name.partition("_")[0]))


async def require_current(settings: Settings) -> None:
    """Raises SettingsError where the schema is older than the program."""
    if missing := await pending(settings):
        raise SettingsError(
            f"The database lacks {len(missing)} migrations ({missing[0]}…); run `python -m domain.migrate`."
        )


async def write(settings: Settings, name: str) -> str | None:
    """Writes a migration for what the models have and the migrations lack; its name, or None."""
    async with _aerich(tortoise_config(settings), LOCATION) as command:
        return await command.migrate(name, no_input=True) or None


async def _connect(settings: Settings) -> Connection:
    try:
        return await connect(settings)
    except (OSError, asyncpg.PostgresError) as error:
        refusal = UnreachableError if is_outage(error) and settings.db_host else SettingsError
        raise refusal(_refusal(error, settings)) from error


def _refusal(error: Exception, settings: Settings) -> str:
    where = f"PostgreSQL at {settings.db_host or 'localhost'}:{settings.db_port}"
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"{where} refuses '{settings.db_user}': {error}. Check DB_USERNAME and DB_PASSWORD."
        case asyncpg.InvalidCatalogNameError():
            return f"{where} has no database '{settings.db_name}'. Create it, or correct DB_NAME."
    if not settings.db_host:
        return "DB_HOST is not set, and no PostgreSQL was started on DATA_DIR; set it, or use `make run`."
    return f"{where} cannot be reached: {error}. Start it, or correct DB_HOST and DB_PORT."


def main(arguments: list[str]) -> int:
    try:
        settings = Settings.load()
        if arguments == ["--undo"]:
            print("\n".join(asyncio.run(undo(settings))))
        elif arguments:
            print(asyncio.run(write(settings, arguments[0])) or "Models and migrations agree.")
        else:
            print("\n".join(asyncio.run(upgrade(settings))) or "The schema is up to date.")
    except (SettingsError, MigrationError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
