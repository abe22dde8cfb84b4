"""`python -m tests.chaos.nursery`: forks processes of `api` and `workers` that have their imports behind them.

Importing takes a worker six seconds of CPU, which a run that starts dozens of them has no use for.
"""

import gc
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn, Self, cast

from ops.local.death import die_with_parent

ROOT: Final = Path(__file__).parents[2]
ENDED: Final = "ended with status"
"""What the log says of a process that ended by itself, before the status."""

_MODULES: Final = ("api.__main__", "workers.__main__")


class Nursery:
    """Gives birth to processes, which die with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def bear(self, package: str, environment: Mapping[str, str], log: Path) -> int:
        """Starts `python -m package`; its process id."""
        assert self._process.stdin
        assert self._process.stdout
        order = {"package": package, "environment": dict(environment), "log": str(log)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def main() -> None:
    for module in _MODULES:
        import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _become(order["package"], order["environment"], order["log"])
        print(child, flush=True)  # noqa: T201


def _become(package: str, environment: Mapping[str, str], log: str) -> NoReturn:
    die_with_parent(signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(environment)
    random.seed()
    status = cast("int", import_module(f"{package}.__main__").main())
    print(f"{ENDED} {status}", flush=True)  # noqa: T201
    os._exit(status)


if __name__ == "__main__":
    main()
