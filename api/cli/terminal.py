"""What a person or a program reads: answers on stdout, everything else on stderr."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

# Columns where nobody's window sets them: wide enough for every table of ours.
_WIDE: Final = 160

# Seconds between lines about how far something is, where no bar can be drawn.
LINE_SECONDS: Final = 5.0

Seen: TypeAlias = Callable[[int, int | None], None]


def say(text: str) -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def show_json(value: Any) -> None:
    """One document."""
    say(json.dumps(value, indent=2, ensure_ascii=False))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def progress_console() -> Console:
    return Console(stderr=True, highlight=False)


def counting(title: str) -> AbstractContextManager[Seen]:
    """Told how many there are so far, and in all where that is known: a bar on a terminal, lines elsewhere."""
    console = progress_console()
    return _bar(console, title) if console.is_terminal else _lines(title)


@contextmanager
def _bar(console: Console, title: str) -> Iterator[Seen]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda count, total: progress.update(task, completed=count, total=total)


@contextmanager
def _lines(title: str) -> Iterator[Seen]:
    told = time.monotonic()

    def seen(count: int, total: int | None) -> None:
        nonlocal told
        if time.monotonic() - told >= LINE_SECONDS:
            told = time.monotonic()
            complain(f"{title}: {count:,}" if total is None else f"{title}: {count:,} of {total:,}")

    yield seen


def lasting(seconds: float) -> str:
    """A length of time as people say it."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{math.ceil(seconds)} s"
