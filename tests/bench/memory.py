"""What a worker needs in memory for long backfills."""

from pathlib import Path
from typing import Final

import psutil

from tests.bench.installation import installation
from tests.bench.ours import Ours
from tests.bench.plan import Plan
from tests.bench.report import Finding, Section
from tests.bench.span import Span

_CANDLES: Final = (100_000, 1_000_000)
_QUICK_CANDLES: Final = (100_000, 300_000)

_MOST: Final = 250  # MB of 10^6 bytes

_ABOUT: Final = """\
Resident memory of a worker after its first backfills. The exchange lists 3,000 symbols, about as many as Binance."""


def memory(plan: Plan) -> Section:
    """Raises BenchError where a backfill fails."""
    findings = []
    with installation(plan.folder) as installed:
        ours = Ours(installed.api, installed.exchange, Span(0))
        ours.warm()
        for candles in _QUICK_CANDLES if plan.is_quick else _CANDLES:
            ours.of(Span(candles)).run()
            findings.append(_finding(candles, installed.worker.pid))
        peak = _peak(installed.worker.pid)
    notes = [f"Most at any time: {peak:.0f} MB."] if peak else []
    return Section("Memory", _ABOUT, findings, notes)


def _finding(candles: int, worker: int) -> Finding:
    resident = psutil.Process(worker).memory_info().rss / 1e6
    return Finding(f"after {candles:,} candles", f"{resident:.0f} MB", f"at most {_MOST} MB", resident <= _MOST)


def _peak(worker: int) -> float | None:
    """In MB; None where the system does not tell."""
    try:
        lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    except OSError:
        return None
    kibibytes = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return int(kibibytes) * 1.024e-3 if kibibytes else None
