"""How long a connection may take for its part: uvicorn would wait for ever, and keep everything meanwhile."""

import asyncio
from asyncio import TimerHandle
from collections import Counter
from typing import Any, ClassVar, Final, cast

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from domain.access.address import counted_as

# Bytes that a client has to take in each READ_SECONDS while there are some: slower than any line that people use.
_LEAST_READ: Final = 64 * 1024

# Connections in all, and requests in flight, beyond what one address may have; whoever comes then is told 503 at once.
_LEFT_TO_OTHERS: Final = 500

# Bytes of a request before its body; uvicorn would take any number.
_MAX_HEAD: Final = 64 * 1024


def _refusal(status: bytes, told: bytes) -> bytes:
    return (
        b"HTTP/1.1 %s\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
    ) % (status, len(told), told)


_TOO_MANY: Final = _refusal(b"429 Too Many Requests", b"There are too many connections from this address.")
_TOO_LATE: Final = _refusal(b"408 Request Timeout", b"The request did not arrive in time.")
_TOO_LONG: Final = _refusal(b"431 Request Header Fields Too Large", b"Address and headers may have 65,536 bytes.")


class Config(uvicorn.Config):
    """`max_from_one` are the connections that one address may have, so that it leaves some to others."""

    def __init__(self, app: ASGIApp, *, max_from_one: int, **options: Any) -> None:
        super().__init__(app, limit_concurrency=max_from_one + _LEFT_TO_OTHERS, **options)
        self.max_from_one = max_from_one
        self.connected = Counter[str]()


class _Reader(asyncio.Protocol):
    """Mixed in before a protocol of uvicorn: who does not read what is there is cut off.

    A connection is counted from where it begins, which is HTTP, to where it ends, which may be a WebSocket.
    """

    READ_SECONDS: ClassVar = 30.0

    config: uvicorn.Config
    client: tuple[str, int] | None
    transport: Any
    _unread = 0
    _looking: TimerHandle | None = None

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_watching()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        self._leave()
        super().connection_lost(exc)

    @property
    def _address(self) -> str:
        return counted_as(self.client[0]) if self.client else ""

    @property
    def _limits(self) -> Config:
        return cast("Config", self.config)

    def _leave(self) -> None:
        connected = self._limits.connected
        connected[self._address] -= 1
        if not connected[self._address]:
            del connected[self._address]

    def _watch(self) -> None:
        """Until it has been read, or is lost. A transport that is closed while some is unread stays for that."""
        self._stop_watching()
        self._unread = self.transport.get_write_buffer_size()
        self._looking = asyncio.get_running_loop().call_later(self.READ_SECONDS, self._look)

    def _look(self) -> None:
        if self._unread - self.transport.get_write_buffer_size() < _LEAST_READ:
            self.transport.abort()
        else:
            self._watch()

    def _stop_watching(self) -> None:
        if self._looking:
            self._looking.cancel()
            self._looking = None


class PatientHttp(_Reader, HttpToolsProtocol):
    """From its first byte, or from the connection on, a request has REQUEST_SECONDS to arrive as a whole.

    Its head is bounded, too.
    """

    REQUEST_SECONDS: ClassVar = 10.0

    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn begins with None and does not say so
    _arriving: TimerHandle | None = None
    _head_bytes = 0

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        limits = self._limits
        limits.connected[self._address] += 1
        if limits.connected[self._address] > limits.max_from_one:
            self._give_up(_TOO_MANY)
        else:
            self._expect()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._has_arrived or self.transport.get_protocol() is not self:  # but a WebSocket's
            self._stop_expecting()
            self._head_bytes = 0
        else:
            self._wait_for_more(len(data))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        super().connection_lost(exc)

    @override
    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch()

    @property
    def _has_arrived(self) -> bool:
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def _wait_for_more(self, received: int) -> None:
        if self._arriving is None:
            self._expect()
        if self.cycle is None or self.cycle.scope is not self.scope:  # which is made when a head begins
            self._head_bytes += received
            if self._head_bytes > _MAX_HEAD:
                self._give_up(_TOO_LONG)

    def _expect(self) -> None:
        self._arriving = self.loop.call_later(self.REQUEST_SECONDS, self._give_up, _TOO_LATE)

    def _give_up(self, told: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(told)
        self.transport.close()
        self._watch()

    def _stop_expecting(self) -> None:
        if self._arriving:
            self._arriving.cancel()
            self._arriving = None


class PatientSocket(_Reader, WebSocketsSansIOProtocol):
    """Messages have the patience of the application, whose end is the end of the connection."""

    @override
    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # who does not read pongs could have us keep any number of them

    @override
    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            self._watch()
