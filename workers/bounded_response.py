"""An exchange's HTTP answer: from the address that was asked, and no larger than it may be."""

from typing import Final

import aiohttp
import ccxt
from typing_extensions import override

# Bytes of an answer when unpacked. The longest that is honest, a list of all markets, has less than half as many.
MAX_ANSWER_BYTES: Final = 32 << 20

_REDIRECTS: Final = range(300, 400)


class BoundedResponse(aiohttp.ClientResponse):
    """Raises CCXT's BadResponse instead of following a redirect, or of keeping more than MAX_ANSWER_BYTES."""

    @override
    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        await super().start(connection)
        if self.status in _REDIRECTS:
            raise ccxt.BadResponse(f"it redirects to another address ({self.status}), which is not followed")
        return self

    @override
    async def read(self) -> bytes:
        if self._body is None:
            self._body = await self._bounded()
        return await super().read()

    async def _bounded(self) -> bytes:
        body = bytearray()
        async for part in self.content.iter_any():
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                self.close()
                raise ccxt.BadResponse(f"its answer has more than {MAX_ANSWER_BYTES:,} bytes")
        return bytes(body)


def bounded(session: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """The session, whose answers are bounded from now on: CCXT makes its sessions itself and takes no class for it."""
    session._response_class = BoundedResponse  # noqa: SLF001
    return session
