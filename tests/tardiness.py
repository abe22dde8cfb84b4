"""How late this machine is with everything, so that a busy one does not count as a slow product."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BEAT_SECONDS: Final = 0.01


@dataclass
class Tardiness:
    """`worst` is the longest, in seconds, that a process had to wait to go on when it could have."""

    worst: float = 0.0

    async def measure(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _BEAT_SECONDS
            await asyncio.sleep(_BEAT_SECONDS)
            self.worst = max(self.worst, loop.time() - due)


def queued(pid: int) -> float:
    """Seconds so far in which a process had something to do and no processor to do it with; 0 where no system tells."""
    try:
        told = Path(f"/proc/{pid}/schedstat").read_text()
    except OSError:
        return 0.0
    return int(told.split()[1]) / 1e9


class Stopwatch:
    """Runs while processes that wait for each other may work, and stands still while other programs keep them from it.

    Those that work at the same time need one each.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._begun = self._at()

    @property
    def seconds(self) -> float:
        return self._at() - self._begun

    def _at(self) -> float:
        return time.perf_counter() - sum(map(queued, self._pids))


@asynccontextmanager
async def tardiness() -> AsyncIterator[Tardiness]:
    """Measured for the time of the block."""
    found = Tardiness()
    measuring = asyncio.create_task(found.measure())
    try:
        yield found
    finally:
        measuring.cancel()
