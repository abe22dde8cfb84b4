"""What goes to a client: one message after the other, as long as it reads them."""

import asyncio
from typing import Final

from starlette.websockets import WebSocket

from api.execution.answer import encode
from api.socket.protocol import ClosingError

# Seconds that a message may wait for a client to read those before it.
_SLOW_SECONDS: Final = 5.0


class Outbox:
    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send(self, kind: str, name: str | None = None, payload: bytes | None = None) -> None:
        """`payload` is JSON. Raises ClosingError for a client that is too slow."""
        parts = [f'{{"type":"{kind}"'.encode()]
        if name is not None:
            parts += [b'"id":' + encode(name)]
        if payload is not None:
            parts += [b'"payload":' + payload]
        try:
            async with asyncio.timeout(_SLOW_SECONDS):
                await self._socket.send_text((b",".join(parts) + b"}").decode())
        except TimeoutError:
            raise too_slow() from None


def too_slow() -> ClosingError:
    """1013 lets clients come back."""
    return ClosingError(1013, "You read more slowly than there is news; subscribe again.")
