"""`python -m tests.attacks.watch URL PID`: looks after a server until its own input ends, and tells what it found.

In a process of its own, because whoever attacks is busy and would take that for the server's being late. Beside it
something that does nothing but answer is asked, too: what that is late by is the machine's.
"""

import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event, Thread
from typing import Final
from urllib.parse import urlsplit

import psutil

from tests.tardiness import Stopwatch

_BEAT_SECONDS: Final = 0.02


def memory(pid: int) -> int:
    """Bytes that are not on disk."""
    return int(psutil.Process(pid).memory_info().rss)


def _watch(url: str, pid: int) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    with _idler() as (idler, wire):
        _healthy(connection)
        before, worst, growth = memory(pid), 0.0, 0
        end, machine = Event(), [0.0]
        asking = Thread(target=_ask_until, args=(end, idler, wire, machine))
        asking.start()
        print("watching", flush=True)
        while not select.select([sys.stdin], [], [], _BEAT_SECONDS)[0]:
            worst = max(worst, _seconds(pid, lambda: _healthy(connection)))
            growth = max(growth, memory(pid) - before)
        end.set()
        asking.join()
    print(json.dumps({"worst": worst, "machine": machine[0], "growth": growth}))


@contextmanager
def _idler() -> Iterator[tuple[int, socket.socket]]:
    """The process id of something that sends back what it gets, and a connection to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        pid = os.fork()
        if not pid:
            wire, _ = server.accept()
            while said := wire.recv(1):
                wire.sendall(said)
            os._exit(0)
        with socket.create_connection(server.getsockname()) as wire:
            try:
                yield pid, wire
            finally:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _ask_until(end: Event, pid: int, wire: socket.socket, worst: list[float]) -> None:
    def ask() -> None:
        wire.sendall(b"?")
        wire.recv(1)

    while not end.wait(_BEAT_SECONDS):
        worst[0] = max(worst[0], _seconds(pid, ask))


def _seconds(pid: int, ask: Callable[[], None]) -> float:
    """That an answer took, but for the time in which other programs kept both of us from working."""
    clock = Stopwatch(pid, os.getpid())
    ask()
    return clock.seconds


def _healthy(connection: HTTPConnection) -> None:
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"/healthz answers {answer.status}")


if __name__ == "__main__":
    _watch(sys.argv[1], int(sys.argv[2]))
