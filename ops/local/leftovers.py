"""Processes of a run that was killed before it could stop them."""

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psutil

# Seconds. A worker ends its page, a server writes its data out.
_PATIENCE_SECONDS: Final = 5.0
# Seconds by which the start of one and the same process may seem to differ when the clock is set.
_CLOCK_TOLERANCE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class ProcessMark:
    """What tells a process from a later one with the same id."""

    pid: int
    created: float  # seconds since 1970

    @classmethod
    def of(cls, pid: int) -> Self:
        """Raises psutil.NoSuchProcess."""
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if (
                process.status() != psutil.STATUS_ZOMBIE
                and abs(process.create_time() - self.created) < _CLOCK_TOLERANCE_SECONDS
            ):
                return process
        return None


def stop_leftovers(marks: Iterable[ProcessMark]) -> None:
    """Ends what is left of them, and whatever is left in the sessions that they led."""
    found = [process for mark in marks if (process := mark.process())]
    _stop(found)
    for process in found:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)


def stop_servers_in(folder: Path) -> None:
    """Ends every PostgreSQL process whose data folder this is: a postmaster, or backends that survived theirs."""
    servers = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "postgres"]
    ours = [process for process in servers if _works_in(process, folder)]
    _stop(ours)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False


def _stop(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            # All of ours end in good order on this one; PostgreSQL would wait for its clients on SIGTERM.
            process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(processes, timeout=_PATIENCE_SECONDS)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=_PATIENCE_SECONDS)
