"""A worker as a process of its own: `python -m workers`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.api.process import ROOT
from tests.patience import PATIENCE

T = TypeVar("T")


@dataclass(frozen=True)
class WorkerProcess:
    program: "subprocess.Popen[bytes]"
    log: Path

    def until(self, look: Callable[[], T | None]) -> T:
        """What the look finds, as long as the worker lives."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.program.poll() is None:
            if (found := look()) is not None:
                return found
            time.sleep(0.05)
        raise AssertionError(f"it did not happen:\n{self.log.read_text()}")

    def stop(self) -> int:
        """Its exit status after it was told to end."""
        self.program.send_signal(signal.SIGTERM)
        return self.program.wait(10)


@contextmanager
def working(environ: dict[str, str], log: Path) -> Iterator[WorkerProcess]:
    with log.open("wb") as output:
        program = subprocess.Popen([sys.executable, "-m", "workers"], env=environ, cwd=ROOT, stderr=output)
    try:
        yield WorkerProcess(program, log)
    finally:
        if program.poll() is None:
            os.kill(program.pid, signal.SIGKILL)
            program.wait()
