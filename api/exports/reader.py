"""Reading parts for somebody who has to be allowed each of them, and to pay for it."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from api.context import Context
from api.execution.time_limit import in_time
from api.export_room import ExportRoom
from api.plain.endpoint import admitted
from domain.errors import OverloadedError, RateLimitedError
from domain.exporting import Found_co, Part

# Seconds until the next try where nobody can tell when there will be room.
_PAUSE_SECONDS: Final = 0.5


@dataclass(slots=True)
class Reader:
    """The first part is refused where it may not be had; later ones are waited for."""

    request: Request
    context: Context
    room: ExportRoom
    has_begun: bool = False

    async def __call__(self, part: Part[Found_co], /) -> Found_co:
        """Raises UnauthenticatedError as soon as the key is revoked."""
        self.context.caller = await admitted(self.request)
        self.context.cost = part.cost
        while True:
            try:
                return await self._paid(part)
            except (RateLimitedError, OverloadedError) as error:
                if not self.has_begun:
                    raise
                wait = error.retry_after if isinstance(error, RateLimitedError) else None
            await asyncio.sleep(wait or _PAUSE_SECONDS)

    async def _paid(self, part: Part[Found_co]) -> Found_co:
        await self.context.spend()
        async with self.room.reading:
            found = await in_time(part.read())
        self.has_begun = True
        return found
