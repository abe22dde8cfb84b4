"""Memory that requests have freed, and that the process would keep in pieces between what it still uses."""

import asyncio
import ctypes
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

# Seconds between times at which it is given back. It takes some milliseconds, most of them in a thread.
_PAUSE_SECONDS: Final = 30.0


@asynccontextmanager
async def memory_given_back() -> AsyncIterator[None]:
    """Now and then while the block runs."""
    giving = asyncio.create_task(_keep_giving_back())
    try:
        yield
    finally:
        giving.cancel()
        with suppress(asyncio.CancelledError):
            await giving


async def _keep_giving_back() -> None:
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        await give_back()


async def give_back() -> None:
    """What was freed, and what circles of objects hold that only the collector frees: it comes too seldom for pages."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # of the GNU library alone
        await asyncio.to_thread(trim, 0)
