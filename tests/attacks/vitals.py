"""How a server fares under attack: what it computes, how much memory it takes, how soon it answers others."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psutil

from tests.api.process import ROOT, Process

MAX_GROWTH: Final = 50 << 20  # bytes
MAX_HEALTH_SECONDS: Final = 0.1


def computed(process: Process) -> float:
    """Seconds of computing so far, to the hundredth."""
    spent = psutil.Process(process.program.pid).cpu_times()
    return spent.user + spent.system


@asynccontextmanager
async def healthy(process: Process, what: str) -> AsyncIterator[None]:
    """Fails unless the server takes little memory and answers others soon, for the time of the block."""
    command = [sys.executable, "-m", "tests.attacks.watch", process.url, str(process.program.pid)]
    watcher = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert watcher.stdout
    assert await watcher.stdout.readline() == b"watching\n"
    try:
        yield
    finally:
        told, _ = await watcher.communicate(b"")
    found = json.loads(told)
    print(
        f"{what}: {found['growth'] / 1e6:+.1f} MB of {MAX_GROWTH / 1e6:.0f}; "
        f"/healthz at worst {1e3 * found['worst']:.0f} ms of {1e3 * MAX_HEALTH_SECONDS:.0f}, "
        f"and what does nothing {1e3 * found['machine']:.0f}"
    )
    assert found["growth"] < MAX_GROWTH
    assert found["worst"] < MAX_HEALTH_SECONDS + found["machine"]
