"""`python -m tests.attacks.watch URL PID`: looks after a server until its own input ends, and tells what it found.

In a process of its own, because whoever attacks is busy and would take that for the server's being late.
"""

import json
import os
import select
import sys
from http.client import HTTPConnection
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
    _asked(connection, pid)
    before, worst, growth = memory(pid), 0.0, 0
    print("watching", flush=True)
    while not select.select([sys.stdin], [], [], _BEAT_SECONDS)[0]:
        worst = max(worst, _asked(connection, pid))
        growth = max(growth, memory(pid) - before)
    print(json.dumps({"worst": worst, "growth": growth}))


def _asked(connection: HTTPConnection, pid: int) -> float:
    """Seconds that an answer took."""
    clock = Stopwatch(pid, os.getpid())
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"/healthz answers {answer.status}")
    return clock.seconds


if __name__ == "__main__":
    _watch(sys.argv[1], int(sys.argv[2]))
