"""Programs that a run starts, and their processes."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from ops.local.account import Account
from ops.local.death import die_with_parent
from ops.local.errors import RunError
from ops.local.logs import last_lines

Pause: TypeAlias = Callable[[float], object]
"""Sleeps for so many seconds or less; may raise to end the waiting."""

_POLL_SECONDS: Final = 0.02
# What a program gets between its abort signal and SIGKILL, and the kernel to clear a killed one away.
_ABORT_SECONDS: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None  # None: that of the run
    account: Account | None = None  # None: that of the run
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    abort_signal: signal.Signals = signal.SIGKILL
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Child:
    """A process of a program, leader of a session of its own: a Ctrl-C on the terminal does not reach it."""

    program: Program
    process: subprocess.Popen[bytes]
    started: float  # time.monotonic

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self.process.pid

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def how_it_ended(self) -> str:
        code = self.process.returncode
        return f"exit status {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def clear_group(self) -> None:
        """Kills what a dead process left behind in its group."""
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)


def start(program: Program) -> Child:
    program.prepare()
    account = program.account
    with program.log.open("ab") as log:
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=program.environment,
            cwd=program.folder,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=account.groups if account else None,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, program.stop_signal),  # noqa: PLW1509  # the run has one thread
        )
    return Child(program, process, time.monotonic())


def wait_for(condition: Callable[[], bool], child: Child, *, seconds: float, pause: Pause) -> None:
    """Returns when the condition holds.

    Raises RunError with the end of the log if the process ends before that, or takes too long.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if child.has_ended():
            raise RunError(f"{child.name} did not start ({child.how_it_ended()}).\n{last_lines(child.program.log)}")
        if time.monotonic() > deadline:
            raise RunError(f"{child.name} was not ready after {seconds:.0f} s.\n{last_lines(child.program.log)}")
        pause(_POLL_SECONDS)


def wait_for_end(child: Child, *, seconds: float, pause: Pause) -> int:
    """The exit status; raises RunError when it takes longer."""
    deadline = time.monotonic() + seconds
    while not child.has_ended():
        if time.monotonic() > deadline:
            raise RunError(f"{child.name} did not end within {seconds:.0f} s; its log is {child.program.log}.")
        pause(_POLL_SECONDS)
    return child.process.returncode


def sleep(seconds: float) -> bool:
    """`time.sleep` as `stop` wants it: there is always time for another one."""
    time.sleep(seconds)
    return True


def stop(children: Sequence[Child], *, seconds: float, nap: Callable[[float], bool] = sleep) -> None:
    """Asks all of them to end, waits so many seconds or until `nap` says to hurry, then aborts and at last kills."""
    _signal(children, lambda program: program.stop_signal)
    _wait(children, seconds, nap)
    _signal(children, lambda program: program.abort_signal)
    _wait(children, _ABORT_SECONDS, sleep)
    _signal(children, lambda _: signal.SIGKILL)
    _wait(children, _ABORT_SECONDS, sleep)
    for child in children:
        child.clear_group()


def _signal(children: Sequence[Child], choose: Callable[[Program], signal.Signals]) -> None:
    for child in children:
        if not child.has_ended():
            child.send(choose(child.program))


def _wait(children: Sequence[Child], seconds: float, nap: Callable[[float], bool]) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not all(child.has_ended() for child in children):
        if not nap(_POLL_SECONDS):
            return
