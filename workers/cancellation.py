"""Ending tasks for certain."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

# Seconds between cancellations: longer than any task needs to give its job back.
_AGAIN_SECONDS: Final = 1.2


async def cancelled(tasks: "Iterable[asyncio.Task[Any]]") -> list[Any]:
    """Cancels the tasks until they have ended; what they returned or raised.

    Once is not enough: redis-py now and then swallows a cancellation, and whoever polls goes on for ever.
    """
    tasks = list(tasks)
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_AGAIN_SECONDS)
    return await asyncio.gather(*tasks, return_exceptions=True)
