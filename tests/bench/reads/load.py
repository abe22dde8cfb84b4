"""Asking a server over several connections at once, at so little cost that the server is what is measured."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPResponse
from statistics import median
from typing import Final

from tests.bench.errors import BenchError

CONNECTIONS: Final = 8

_ANSWER_SECONDS: Final = 60.0
# At most what the kernel hands over at once on the loopback device.
_BUFFER_BYTES: Final = 1 << 20
_OK: Final = b"HTTP/1.1 200 "
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"
_HEAD_BYTES: Final = 2_000  # longer than any contestant's


@dataclass(frozen=True)
class Turn:
    """What came of a while of asking; `latencies` are the seconds of each answer."""

    seconds: float
    latencies: Sequence[float]

    @property
    def seconds_an_answer(self) -> float:
        """With all connections together."""
        return self.seconds / len(self.latencies)

    @property
    def p50(self) -> float:
        return median(self.latencies)


@dataclass
class Connection:
    """Asks over one kept connection, and throws away what is answered."""

    port: int
    asked_at: float = 0.0
    missing: int = 0
    stream: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.stream = _connected(self.port)

    def ask(self, request: bytes) -> None:
        self.asked_at = time.perf_counter()
        self.stream.sendall(request)

    def receive(self, buffer: bytearray) -> bool:
        """Takes what has come; whether the answer is whole. BenchError for anything but status 200."""
        got = self.stream.recv_into(buffer)
        if got == 0:
            raise BenchError(f"The server on port {self.port} closed a connection in the midst of a turn.")
        self.missing = (self.missing or _answer_bytes(bytes(buffer[: min(got, _HEAD_BYTES)]))) - got
        return self.missing == 0


def _connected(port: int) -> socket.socket:
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS)
    except OSError as error:
        raise BenchError(f"The server on port {port} takes no connections: {error}.") from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer_bytes(beginning: bytes) -> int:
    """Of head and body together. Servers send a head at once, so that a beginning holds all of it."""
    head, end, _ = beginning.partition(_HEAD_END)
    _, found, length = head.lower().partition(_LENGTH)
    if not (end and found and head.startswith(_OK)):
        raise BenchError(f"A server answered with something else than a body of told length: {beginning[:400]!r}")
    return len(head) + len(end) + int(length.partition(b"\r\n")[0])


def fetch(port: int, request: bytes) -> bytes:
    """The body of one answer; BenchError for anything but status 200."""
    with _connected(port) as connection:
        connection.sendall(request)
        answer = HTTPResponse(connection)
        answer.begin()
        body = answer.read()
    if answer.status != 200:
        raise BenchError(f"The server on port {port} answered with status {answer.status}: {body[:400]!r}")
    return body


def ask_for(port: int, requests: Iterator[bytes], *, seconds: float, connections: int = CONNECTIONS) -> Turn:
    """Keeps all connections busy for so long, or while there are requests; awaits what is under way then."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        opened = [Connection(port) for _ in range(connections)]
        for connection in opened:
            stack.enter_context(connection.stream)
            selector.register(connection.stream, selectors.EVENT_READ, connection)
        return _keep_busy(selector, opened, requests, seconds)


def _keep_busy(
    selector: selectors.BaseSelector, idle: list[Connection], requests: Iterator[bytes], seconds: float
) -> Turn:
    buffer, latencies = bytearray(_BUFFER_BYTES), list[float]()
    start = now = time.perf_counter()
    busy = 0
    while True:
        while idle and now - start < seconds and (request := next(requests, None)):
            idle.pop().ask(request)
            busy += 1
        if not busy:
            return Turn(now - start, latencies)
        for connection in _answering(selector):
            if connection.receive(buffer):
                now = time.perf_counter()
                latencies.append(now - connection.asked_at)
                idle.append(connection)
                busy -= 1


def _answering(selector: selectors.BaseSelector) -> list[Connection]:
    ready = selector.select(_ANSWER_SECONDS)
    if not ready:
        raise BenchError(f"No answer came for {_ANSWER_SECONDS:.0f} s.")
    return [key.data for key, _ in ready]
