"""How the process itself does, looked at all the time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from domain.database import pool_use
from domain.telemetry.metrics import LOOP_LAG, POOL_CONNECTIONS

# Seconds between looks.
_LOOK_SECONDS: Final = 0.5


@asynccontextmanager
async def watched(process: str) -> AsyncIterator[None]:
    """Counts, while the block runs, how late the event loop is and how the pool is used; the database must be open."""
    watching = asyncio.create_task(_watch(process))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(process: str) -> None:
    loop = asyncio.get_running_loop()
    lag = LOOP_LAG.labels(process)
    used, free = (POOL_CONNECTIONS.labels(process, state) for state in ("used", "free"))
    while True:
        use = pool_use()
        used.set(use.used)
        free.set(use.size - use.used)
        due_at = loop.time() + _LOOK_SECONDS
        await asyncio.sleep(_LOOK_SECONDS)
        lag.observe(max(0.0, loop.time() - due_at))
