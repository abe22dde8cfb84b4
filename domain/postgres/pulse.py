"""Whether PostgreSQL answers at all, which no statement under way can tell."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from domain.outage import is_outage
from domain.postgres.connect import Connection

# Seconds after which a server that has not answered a new connection is frozen, and no longer busy.
_ANSWER_SECONDS: Final = 0.75


@dataclass
class Pulse:
    """`connect` opens a connection, which a live server grants or refuses at once."""

    connect: Callable[[], Awaitable[Connection]]
    _feeling: "asyncio.Task[bool] | None" = field(default=None, init=False)

    async def beats(self) -> bool:
        """Asked once, however many want to know at the same time."""
        if self._feeling is None or self._feeling.done():
            self._feeling = asyncio.create_task(self._feel())
        return await asyncio.shield(self._feeling)

    async def _feel(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                connection = await self.connect()
        except asyncpg.TooManyConnectionsError:
            return True
        except Exception as error:
            if not is_outage(error):
                raise
            return False
        connection.terminate()
        return True
