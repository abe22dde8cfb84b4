"""How a server fares under attack: what it computes, how much memory it takes, how soon it answers others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx
import psutil

from tests.api.process import Process
from tests.tardiness import Stopwatch, tardiness

MAX_GROWTH: Final = 50 << 20  # bytes
MAX_HEALTH_SECONDS: Final = 0.1

_BEAT_SECONDS: Final = 0.02


def computed(process: Process) -> float:
    """Seconds of computing so far, to the hundredth."""
    spent = psutil.Process(process.program.pid).cpu_times()
    return spent.user + spent.system


def memory(process: Process) -> int:
    """Bytes that are not on disk."""
    return int(psutil.Process(process.program.pid).memory_info().rss)


@dataclass
class Vitals:
    """`growth` is the most memory that it took beside what it had; `answers` are seconds that it made others wait."""

    before: int
    growth: int
    answers: list[float]

    @property
    def usual(self) -> float:
        """What one in a hundred had to wait for, at most."""
        return sorted(self.answers)[int(0.99 * len(self.answers))]

    def check(self, what: str, *, late: float) -> None:
        worst = max(self.answers)
        print(
            f"{what}: {self.growth / 1e6:+.1f} MB of {MAX_GROWTH / 1e6:.0f}; "
            f"/healthz at worst {1e3 * worst:.0f} ms of {1e3 * (MAX_HEALTH_SECONDS + late):.0f}"
        )
        assert self.growth < MAX_GROWTH
        assert worst < MAX_HEALTH_SECONDS + late


@asynccontextmanager
async def healthy(process: Process, what: str) -> AsyncIterator[Vitals]:
    """Fails unless the server takes little memory and answers others soon, for the time of the block."""
    vitals = Vitals(memory(process), 0, [])
    async with httpx.AsyncClient(base_url=process.url, timeout=10) as client, tardiness() as late:
        await client.get("/healthz")
        watching = asyncio.create_task(_watch(client, process, vitals))
        try:
            yield vitals
            await asyncio.sleep(_BEAT_SECONDS)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    # Whoever attacks is late on the same machine, and so is the server.
    vitals.check(what, late=2 * late.worst)


async def _watch(client: httpx.AsyncClient, process: Process, vitals: Vitals) -> None:
    while True:
        clock = Stopwatch(process.program.pid)
        answer = await client.get("/healthz")
        vitals.answers.append(clock.seconds)
        assert answer.status_code == 200
        vitals.growth = max(vitals.growth, memory(process) - vitals.before)
        await asyncio.sleep(_BEAT_SECONDS)
