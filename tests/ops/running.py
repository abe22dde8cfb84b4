"""A run in a process of its own, as a person starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import psutil

from tests.patience import PATIENCE

ROOT: Final = Path(__file__).parents[2]
STAND_IN: Final = (sys.executable, "-m", "tests.ops.stand_in", "run")
_SETTINGS: Final = ("MAKE", "DB_", "REDIS_URL", "DATA_DIR", "APP_ENV", "HOST", "PORT", "SEED", "EXCHANGES_FILE")
STOP_SECONDS: Final = 20


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[bytes]
    data_dir: Path
    output: Path

    @classmethod
    def start(cls, data_dir: Path, *command: str, **settings: str) -> Self:
        output = Path(f"{data_dir}.out")
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as file:
            process = subprocess.Popen(
                command or STAND_IN,
                cwd=ROOT,
                env=environment(data_dir, **settings),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # whoever runs the tests in the background ignores it
            )
        return cls(process, data_dir, output)

    @property
    def text(self) -> str:
        return self.output.read_text()

    @property
    def embedded(self) -> dict[str, str]:
        found: dict[str, str] = self._read("embedded.json")
        return found

    @property
    def url(self) -> str:
        return str(self._read("run.json")["url"])

    def until(self, text: str, seconds: float = PATIENCE) -> Self:
        deadline = time.monotonic() + seconds
        while text not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.02)
        return self

    def ready(self, seconds: float = PATIENCE) -> Self:
        return self.until("Ctrl-C stops all of it.", seconds)

    def programs(self) -> list[psutil.Process]:
        return [psutil.Process(mark["pid"]) for mark in self._read("run.json")["programs"]]

    def program(self, name: str) -> psutil.Process:
        return next(process for process in self.programs() if name in process.cmdline()[-1] or name == process.name())

    def everything(self) -> list[psutil.Process]:
        """Each process below, and those below them."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def _read(self, name: str) -> Any:
        return json.loads((self.data_dir / name).read_text())


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """That of the tests, but for their settings; a free port and no demo unless told otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    return kept | {"DATA_DIR": str(data_dir), "PORT": "0", "SEED": "none"} | settings


def refused(data_dir: Path, **settings: str) -> str:
    """What a run says that cannot start."""
    done = subprocess.run(
        STAND_IN,
        cwd=ROOT,
        env=environment(data_dir, **settings),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended, however briefly ago."""
    _, left = psutil.wait_procs(processes, timeout=0.5)
    return [process for process in left if process.status() != psutil.STATUS_ZOMBIE]
