"""Processes that a bench starts, stopped with it however it ends."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ops.local.errors import RunError
from ops.local.logs import last_lines, new_log
from ops.local.program import Child, Program, sleep, start, stop, wait_for, wait_for_end
from tests.bench.errors import BenchError

ROOT: Final = Path(__file__).parents[2]

_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 8


def module(name: str, log: Path, *arguments: str, environment: Mapping[str, str]) -> Program:
    """`python -m name`, with nothing of the caller's settings."""
    return Program(
        name=name,
        command=(sys.executable, "-m", name, *arguments),
        log=new_log(log),
        environment={**plain_environment(), **environment},
        folder=ROOT,
    )


def plain_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextmanager
def running(program: Program, is_ready: Callable[[], bool]) -> Iterator[Child]:
    """The process for the time of the block; raises BenchError with the end of its log where it does not start."""
    child = start(program)
    try:
        wait_for(is_ready, child, seconds=_START_SECONDS, pause=sleep)
        yield child
    except RunError as error:
        raise BenchError(str(error)) from error
    finally:
        stop([child], seconds=_STOP_SECONDS)


def run(program: Program, *, seconds: float) -> None:
    """Runs a program to its end; raises BenchError with the end of its log unless it succeeds in time."""
    child = start(program)
    try:
        status = wait_for_end(child, seconds=seconds, pause=sleep)
    except RunError as error:
        raise BenchError(str(error)) from error
    finally:
        stop([child], seconds=_STOP_SECONDS)
    if status != 0:
        raise BenchError(f"{program.name} failed ({child.how_it_ended()}).\n{last_lines(program.log)}")
