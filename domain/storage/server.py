"""What PostgreSQL says of itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.database import connection

_SERVER: Final = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
    clock_timestamp() AS now, pg_database_size(current_database()) AS bytes,
    ARRAY(
        SELECT name FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name
    ) AS unsafe
"""


@dataclass(frozen=True, slots=True)
class Server:
    """`unsafe` are the settings that let committed candles be lost in a crash; `bytes` is the database's size."""

    version: str
    major: int
    now: datetime
    bytes: int
    unsafe: list[str]


async def look() -> Server:
    async with connection() as db:
        [row] = await db.fetch(_SERVER)
    return Server(*row)


# A server that was restored, promoted or set back has been started since.
_IDENTITY: Final = """
SELECT concat_ws('/', (pg_control_system()).system_identifier, d.oid, extract(epoch FROM pg_postmaster_start_time()))
FROM pg_database AS d WHERE d.datname = current_database()
"""


async def identity() -> str:
    """What no other database says of itself, be it a copy of this one, nor this one at another time of its life."""
    async with connection() as db:
        found: str = await db.fetchval(_IDENTITY)
    return found


_PACE: Final = """
SELECT coalesce(sum(1440.0 / t.minutes), 0)::float8
FROM coin_exchanges AS p JOIN timeframes AS t ON t.id = p.timeframe_id WHERE p.is_active
"""


async def candles_a_day() -> float:
    """How many candles active pairs bring when each of their slots has one."""
    async with connection() as db:
        pace: float = await db.fetchval(_PACE)
    return pace
