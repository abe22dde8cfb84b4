"""The parts of an installation, as what can be killed, frozen and started again."""

import asyncio
import os
import re
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from ops.local.postgres import Postgres
from ops.local.program import Child, start
from ops.local.valkey import Valkey
from tests import freezing
from tests.chaos.nursery import Nursery

_POLL_SECONDS: Final = 0.02
_LONGEST_START: Final = 60.0


class Part(ABC):
    """A process, and those below it."""

    name: str

    @property
    @abstractmethod
    def pid(self) -> int: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    async def is_ready(self) -> bool: ...

    async def up(self) -> None:
        """Starts it and returns when it can be used."""
        self.start()
        await until(self.is_ready, f"{self.name} to be ready")

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def end(self, number: signal.Signals) -> float:
        """Sends the signal; the seconds until the process was gone."""
        before = time.monotonic()
        self.send(number)
        await until(self._is_gone, f"{self.name} to end")
        return time.monotonic() - before

    def freeze(self) -> None:
        freezing.freeze(self.pid)

    def thaw(self) -> None:
        freezing.thaw(self.pid)

    async def _is_gone(self) -> bool:
        return not psutil.pid_exists(self.pid)


@dataclass
class Server(Part):
    """PostgreSQL or Valkey."""

    name: str
    server: Postgres | Valkey
    child: Child | None = None

    @property
    def pid(self) -> int:
        assert self.child
        return self.child.pid

    def start(self) -> None:
        self.child = start(self.server.program)

    async def is_ready(self) -> bool:
        assert self.child
        return self.server.is_ready(self.child)

    async def _is_gone(self) -> bool:
        return bool(self.child and self.child.has_ended())


@dataclass
class Process(Part):
    """A worker, or with a `url` an API."""

    name: str
    package: str
    environment: Mapping[str, str]
    log: Path
    nursery: Nursery = field(repr=False)
    url: str = ""
    born: int = 0

    @property
    def pid(self) -> int:
        return self.born

    def traces(self) -> list[str]:
        """The errors at the end of the traces in its log."""
        return [found[1] for found in re.finditer(r"^Traceback.*\n(?: .*\n)*(.*)", self.log.read_text(), re.MULTILINE)]

    def start(self) -> None:
        self.born = self.nursery.bear(self.package, self.environment, self.log)

    async def is_ready(self) -> bool:
        if not self.url:
            return True
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=1) as client:
                return (await client.get(f"{self.url}/healthz")).is_success
        return False


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = _LONGEST_START) -> float:
    """Polls an async condition; the seconds that it took. Raises TimeoutError that says what did not happen."""
    before = time.monotonic()
    while not await condition():  # nothing out there sets an event
        if time.monotonic() - before > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        await asyncio.sleep(_POLL_SECONDS)
    return time.monotonic() - before


@asynccontextmanager
async def going_on(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Does the work beside the block; raises what it raises."""
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            await task
    finally:
        task.cancel()
        await asyncio.wait({task})
