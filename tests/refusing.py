"""`python -m tests.refusing`: programs that must not start, one after the other in one process, which loads CCXT once.

Reads a list of [program, arguments, changes of the environment] as JSON, and prints a list of [status, what was told].
"""

import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Final

import api.__main__
import domain.access.__main__
import domain.migrate
import workers.__main__
import workers.doctor.__main__

_PROGRAMS: Final[dict[str, Callable[[list[str]], int]]] = {
    "api": lambda _: api.__main__.main(),
    "workers": lambda _: workers.__main__.main(),
    "migrate": domain.migrate.main,
    "access": domain.access.__main__.main,
    "doctor": workers.doctor.__main__.main,
}


def _told(program: str, arguments: list[str], changes: dict[str, str]) -> tuple[int, str]:
    before = dict(os.environ)
    os.environ.update(changes)
    told = io.StringIO()
    try:
        with redirect_stdout(told), redirect_stderr(told):
            return _PROGRAMS[program](arguments), told.getvalue()
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    print(json.dumps([_told(*case) for case in json.load(sys.stdin)]))  # noqa: T201
