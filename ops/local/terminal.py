"""What the person at the terminal reads."""

import os
import sys
from typing import TextIO


def say(text: str) -> None:
    """Prints, unless nobody is there to read any more.

    A closed terminal must not keep a run from ending in good order.
    """
    _print(text, sys.stdout)


def complain(text: str) -> None:
    """The same, for what went wrong."""
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except OSError:
        silence()


def silence() -> None:
    """Sends all further output nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
