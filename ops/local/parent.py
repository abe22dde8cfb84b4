"""The `make` that a run was started by.

GNU make passes SIGTERM on to its recipe. After a SIGINT or SIGHUP that was sent to make alone it only waits for the
recipe, and of a make that was killed nobody hears. The run has to look.
"""

import os
import signal
from pathlib import Path
from typing import Final

from ops.local.death import die_with_parent

_ENDING: Final = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGHUP))


class ParentMake:
    def __init__(self) -> None:
        self.pid: Final = os.getppid()
        self._caught = _caught(self.pid)
        die_with_parent(signal.SIGTERM)

    def has_ended(self) -> bool:
        """Whether make is gone, or got a signal after which it only waits for us."""
        return os.getppid() != self.pid or bool(self._caught & ~_caught(self.pid))


def _caught(pid: int) -> int:
    """Ending signals that the process has a handler for; none where there is no /proc.

    Make takes its handler away once it was called.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    mask = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return int(mask, 16) & _ENDING
