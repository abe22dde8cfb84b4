"""The API as a process of its own: `python -m api`."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.settings import Settings
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "PYTHON", "HOME", "LANG", "TZ")
_ADDRESS = re.compile(r"running on (http://[\w.:]+)")


@dataclass(frozen=True, slots=True)
class Process:
    program: "subprocess.Popen[str]"
    log: Path
    url: str

    def stop(self) -> int:
        """Its exit status after it was told to end."""
        self.program.send_signal(signal.SIGTERM)
        return self.program.wait(timeout=PATIENCE)


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    """What a process needs to serve the same installation on any port."""
    own = {
        "DB_HOST": settings.db_host,
        "DB_USERNAME": settings.db_user,
        "DB_NAME": settings.db_name,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "EXCHANGES_FILE": str(settings.exchanges_file),
        "SEED": "none",
        "HOST": "127.0.0.1",
        "PORT": "0",
    }
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    return {**kept, **own, **changes}


def refusal(environ: dict[str, str]) -> tuple[int, str]:
    """Exit status and words of a process that must not start."""
    ended = _run(environ, "api")
    return ended.returncode, ended.stderr


def migrate(environ: dict[str, str]) -> None:
    _run(environ, "domain.migrate").check_returncode()


def access(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What the command behind `make apikey` and `make apikey-revoke` says."""
    return _run(environ, "domain.access", *arguments)


def make(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return _ended(["make", *arguments], environ)


def new_key(environ: dict[str, str], name: str, scopes: str) -> str:
    return access(environ, name, scopes).stdout.splitlines()[-1]


def _run(environ: dict[str, str], module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return _ended([sys.executable, "-m", module, *arguments], environ)


def _ended(command: list[str], environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


@contextmanager
def serving(environ: dict[str, str], log: Path) -> Iterator[Process]:
    """A process that answers, for the time of the block."""
    with log.open("w") as output:
        program = subprocess.Popen([sys.executable, "-m", "api"], env=environ, cwd=ROOT, text=True, stderr=output)
    try:
        yield Process(program, log, _address(program, log))
    finally:
        if program.poll() is None:
            program.kill()
        program.wait()


def _address(program: "subprocess.Popen[str]", log: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and program.poll() is None:
        if found := _ADDRESS.search(log.read_text()):
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"the API did not start:\n{log.read_text()}")
