"""Waiting for others no longer than they are worth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

# A process that is late with everything counts one part, and looks at what has come meanwhile before it goes on.
_PARTS: Final = 10


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Raises TimeoutError like asyncio.timeout, but time in which this process did something else hardly counts."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        timer = loop.call_soon(lambda: None)

        def wait(parts: int) -> None:
            nonlocal timer
            if parts:
                timer = loop.call_later(seconds / _PARTS, wait, parts - 1)
            else:
                limit.reschedule(loop.time())

        wait(_PARTS)
        try:
            yield
        finally:
            timer.cancel()
