"""How far an import is, on stderr: a line that counts where somebody looks at it, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Final

# Seconds between lines where nobody looks.
LINE_SECONDS: Final = 5.0

# Tells a terminal to forget the rest of the line.
_CLEAR: Final = "\x1b[K"


def progress(what: str) -> Callable[[int], None]:
    """Is told how many rows so far; `what` says what was done with them."""
    return _counting(what) if sys.stderr.isatty() else _now_and_then(what)


def ended() -> None:
    """Leaves no counting line behind."""
    if sys.stderr.isatty():
        say(_CLEAR, end="")


def say(words: str, end: str = "\n") -> None:
    print(words, end=end, file=sys.stderr, flush=True)


def _counting(what: str) -> Callable[[int], None]:
    return lambda count: say(f"{count:,} {what}{_CLEAR}", end="\r")


def _now_and_then(what: str) -> Callable[[int], None]:
    told = time.monotonic()

    def seen(count: int) -> None:
        nonlocal told
        if time.monotonic() - told >= LINE_SECONDS:
            told = time.monotonic()
            say(f"{count:,} {what}")

    return seen
