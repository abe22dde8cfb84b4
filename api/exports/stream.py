"""An answer of any length."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, aclosing
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from api.errors import record

# Bytes handed to the server at once. It holds them for a client that does not read, as many as it has connections.
_PIECE_BYTES: Final = 64 << 10

# Seconds in which a client has to take a piece.
PATIENCE: Final = 60.0

_log: Final = logging.getLogger(__name__)


class Stream(StreamingResponse):
    """`first` and then what `body` yields.

    Where that fails the answer breaks off, without the end that HTTP gives to a whole one.

    `keeping` is kept until the answer has ended, however it does.
    """

    def __init__(
        self,
        first: bytes,
        body: AsyncGenerator[bytes, None],
        headers: dict[str, str],
        media_type: str,
        request_id: str,
        keeping: AbstractContextManager[object],
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(body, 200, headers, media_type)
        self._first = first
        self._body = body
        self._request_id = request_id
        self._keeping = keeping
        self._patience = patience

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._keeping:
            try:
                await super().__call__(scope, receive, send)
            except asyncio.CancelledError:  # by the server, which has to end
                if task := asyncio.current_task():
                    task.uncancel()
                _log.warning("request %s broke off: this server is shutting down", self._request_id)

    @override
    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._body):
            try:
                is_whole = await self._sent_all(send)
            except Exception as error:  # noqa: BLE001  # it is too late for an answer that tells
                record(error, self._request_id, "an export under way")
                _log.warning("request %s broke off: %s: %s", self._request_id, type(error).__name__, error)
                return
        if is_whole:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _sent_all(self, send: Send) -> bool:
        """False where the client takes no more."""
        is_taken = await self._sent(send, self._first)
        async for part in self._body:
            if not is_taken:
                break
            is_taken = await self._sent(send, part)
        return is_taken

    async def _sent(self, send: Send, part: bytes) -> bool:
        for start in range(0, len(part), _PIECE_BYTES):
            piece = part[start : start + _PIECE_BYTES]
            try:
                async with asyncio.timeout(self._patience):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except TimeoutError:
                _log.warning("request %s broke off: its client takes nothing any more", self._request_id)
                return False
        return True
