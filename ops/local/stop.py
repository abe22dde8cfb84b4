"""Ctrl-C, SIGTERM and SIGHUP."""

import select
import signal
import socket
import time
from typing import Any, Final

from ops.local.parent import ParentMake

# Seconds between two looks at the make above, which may end without a signal to us.
_LONGEST_NAP_SECONDS: Final = 1.0
# Seconds after which a Ctrl-C is a second one, and not the same one arriving again by way of make.
_SAME_REQUEST_SECONDS: Final = 0.5


class Stopped(BaseException):  # an order, not an error
    """The person or the system asked the run to end."""


class StopRequest:
    """Signals, noticed only where the run waits: no program can be started and then forgotten half-way."""

    def __init__(self, parent: ParentMake | None) -> None:
        self._asked_at: float | None = None  # time.monotonic
        self._hurried = False
        self._parent = parent
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)

    def listen(self) -> None:
        """Takes the signals of this process over; call it in the main thread."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self._note)
        # The end of a child interrupts a nap, too.
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def pause(self, seconds: float) -> None:
        """Sleeps that long or less; raises Stopped once the run is asked to end."""
        self.nap(seconds)
        if self._parent is not None and self._parent.has_ended():
            self._note(signal.SIGTERM)
        if self._asked_at is not None:
            raise Stopped

    def nap(self, seconds: float) -> bool:
        """Sleeps that long or less; False once a person pressed Ctrl-C a second time."""
        if select.select([self._reader], [], [], min(seconds, _LONGEST_NAP_SECONDS))[0]:
            self._reader.recv(4096)
        return not self._hurried

    def _note(self, number: int, *_: Any) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif number == signal.SIGINT and now - self._asked_at > _SAME_REQUEST_SECONDS:
            self._hurried = True
