"""Starting while PostgreSQL is away: waiting instead of giving up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from domain.outage import is_outage
from domain.settings import UnreachableError

Result = TypeVar("Result")

# Seconds between attempts.
_PAUSE_SECONDS: Final = 1.0

_log: Final = logging.getLogger(__name__)


async def retry_until_reachable(action: Callable[[], Awaitable[Result]]) -> Result:
    """Does it again until PostgreSQL lets it be done, and says once that it waits."""
    has_told = False
    while True:
        try:
            return await action()
        except Exception as error:
            if not is_outage(error) and not isinstance(error, UnreachableError):
                raise
            if not has_told:
                _log.warning("waiting for PostgreSQL: %s", error)
                has_told = True
            await asyncio.sleep(_PAUSE_SECONDS)
