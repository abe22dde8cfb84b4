"""The programs of one run: started, watched, started again, stopped."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from ops.local.errors import RunError
from ops.local.logs import bound, last_lines
from ops.local.program import Child, Pause, Program, start, stop, wait_for_end
from ops.local.record import RunLog
from ops.local.terminal import say

# Seconds. A worker ends the page in hand, the API its answers; a server writes its data out. With what `stop` may add
# for those that do not listen, the two stages end within 20 s of Ctrl-C.
_PARTS_SECONDS: Final = 7
_SERVERS_SECONDS: Final = 6
# Seconds before the next start; the last one is for all that follow.
_BACKOFF: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_MOST_FAILURES: Final = 8  # in a row
_STEADY_SECONDS: Final = 15.0  # a program that has run this long starts well
_LOG_CHECK_SECONDS: Final = 60.0


@dataclass
class _Place:
    """A program's place in the fleet."""

    program: Program
    is_server: bool
    child: Child | None = None
    failures: int = 0  # in a row
    due: float = 0.0  # time.monotonic of the next start


@dataclass
class Fleet:
    log: RunLog
    pause: Pause
    nap: Callable[[float], bool]
    _places: list[_Place] = field(default_factory=list)
    _logs_checked: float = 0.0

    def start(self, program: Program, *, is_server: bool = False) -> Child:
        """Starts a program to be kept running. Servers are stopped after everything that uses them."""
        place = _Place(program, is_server)
        self._places.append(place)
        return self._start(place)

    def run(self, program: Program, *, seconds: float) -> int:
        """Runs a program to its end; its exit status."""
        child = self.start(program)
        try:
            return wait_for_end(child, seconds=seconds, pause=self.pause)
        finally:
            if child.has_ended():
                self._places = [place for place in self._places if place.child is not child]

    def children(self) -> list[Child]:
        """What runs now, or has ended unnoticed."""
        return [place.child for place in self._places if place.child]

    def refuse_deaths(self) -> None:
        """Raises RunError if a program has ended: while everything starts, there is no sense in trying again."""
        for child in self.children():
            if child.has_ended():
                raise RunError(f"{child.name} ended ({child.how_it_ended()}).\n{last_lines(child.program.log)}")

    def tend(self) -> None:
        """Starts what has ended again, a little later each time; raises RunError when that does not help."""
        for place in self._places:
            if place.child and place.child.has_ended():
                self._bury(place, place.child)
            if place.child is None and time.monotonic() >= place.due:
                self._start(place)
        self._bound_logs()

    def stop(self) -> None:
        with suppress(OSError):  # a full disk must not keep anything running
            self.log.note(is_stopping=True)
        self._stop(is_server=False, seconds=_PARTS_SECONDS)
        self._stop(is_server=True, seconds=_SERVERS_SECONDS)

    def _start(self, place: _Place) -> Child:
        place.child = start(place.program)
        self._note()
        return place.child

    def _bury(self, place: _Place, child: Child) -> None:
        child.clear_group()
        steady = time.monotonic() - child.started > _STEADY_SECONDS
        # Killed from outside: nothing that a new start would repeat.
        killed = child.process.returncode == -signal.SIGKILL
        place.failures = 1 if steady or killed else place.failures + 1
        place.child, place.due = None, time.monotonic() + _BACKOFF[min(place.failures, len(_BACKOFF)) - 1]
        lines = last_lines(child.program.log)
        if place.failures > _MOST_FAILURES:
            raise RunError(f"{child.name} ends again and again ({child.how_it_ended()}).\n{lines}")
        say(f"{child.name} ended ({child.how_it_ended()}) and is started again." + ("" if killed else f"\n{lines}"))

    def _stop(self, *, is_server: bool, seconds: float) -> None:
        stop([p.child for p in self._places if p.child and p.is_server is is_server], seconds=seconds, nap=self.nap)

    def _note(self) -> None:
        self.log.note_programs([child.pid for child in self.children()])

    def _bound_logs(self) -> None:
        if time.monotonic() - self._logs_checked > _LOG_CHECK_SECONDS:
            self._logs_checked = time.monotonic()
            for place in self._places:
                bound(place.program.log)
