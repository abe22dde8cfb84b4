"""Whether PostgreSQL keeps what it has promised to keep, and has room for what comes."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from domain.storage import server
from workers.doctor.finding import Finding, State
from workers.doctor.patient import Patient

_TESTED: Final = 18

# Bytes of a candle with its index, as `make bench` prints.
_CANDLE_BYTES: Final = 130

# Days of room that are too few to be surprised by, and bytes that PostgreSQL wants for its own.
_SHORT_DAYS: Final = 30
_LEAST_BYTES: Final = 1 << 30

_GIGABYTE: Final = 1e9


async def database(_: Patient) -> AsyncIterator[Finding]:
    found = await server.look()
    if found.major < _TESTED:
        told = f"PostgreSQL is {found.version}."
        why = f"Statements use what PostgreSQL {_TESTED} has."
        yield Finding("database", State.PROBLEM, told, why, f"Move to PostgreSQL {_TESTED} or later.")
    elif found.unsafe:
        told = f"PostgreSQL runs with {' and '.join(found.unsafe)} off."
        why = "A crash of the machine loses candles that were committed, and may damage tables."
        yield Finding("database", State.WARNING, told, why, "Switch it on in postgresql.conf and reload.")
    else:
        yield Finding("database", State.OK, f"PostgreSQL {found.version} forces what is committed to disk.")


async def disk(patient: Patient) -> AsyncIterator[Finding]:
    """Known only where the database's files are on this machine, below DATA_DIR."""
    held = (await server.look()).bytes
    if not Path(patient.settings.db_host).is_absolute() or not patient.settings.data_dir.exists():
        told = f"The database takes {_size(held)}; how much room is left on its machine cannot be told from here."
        yield Finding("disk", State.UNKNOWN, told)
        return
    free = shutil.disk_usage(patient.settings.data_dir).free
    yield room(held, free, await server.candles_a_day())


def room(held: int, free: int, candles_a_day: float) -> Finding:
    """What to say of a database of `held` bytes beside `free` ones."""
    days = free / (candles_a_day * _CANDLE_BYTES) if candles_a_day else float("inf")
    lasts = f", room for {min(days, 36_500):,.0f} days of what active pairs bring" if candles_a_day else ""
    told = f"The database takes {_size(held)}, and {_size(free)} are free{lasts}."
    if free >= _LEAST_BYTES and days >= _SHORT_DAYS:
        return Finding("disk", State.OK, told)
    why = "A full disk stops PostgreSQL, and with it everything."
    remedy = "Make room, or see ops/outgrowing.md."
    return Finding("disk", State.PROBLEM if free < _LEAST_BYTES else State.WARNING, told, why, remedy)


def _size(count: int) -> str:
    return f"{count / _GIGABYTE:,.1f} GB" if count >= _GIGABYTE else f"{count / 1e6:,.0f} MB"
