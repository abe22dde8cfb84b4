"""Bytes on a connection, as no well-behaved client sends them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

QUERY: Final = b'{"query":"{ __typename }"}'

# Bytes that the kernel keeps of what is not read.
_RECEIVED: Final = 4_096

# What a socket asks for before it is one.
UPGRADE: Final = (
    b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def post(body: bytes = QUERY, length: int | None = None, headers: bytes = b"") -> bytes:
    told = b"" if length is None and headers else b"Content-Length: %d\r\n" % (len(body) if length is None else length)
    start = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return start + told + headers + b"\r\n" + body


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """Of a WebSocket, masked with nothing."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


@dataclass(frozen=True, slots=True)
class Wire:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def stop_reading(self) -> None:
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    async def answer(self) -> bytes:
        """Everything until the server hangs up."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""

    async def exchange(self, request: bytes) -> bytes:
        """The body of the answer."""
        self.writer.write(request)
        head = await self.head()
        return await self.reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[Wire]:
    place = urlsplit(url)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, (place.hostname, place.port))
    reader, writer = await asyncio.open_connection(sock=narrow)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()
