"""Progress bars of jobs on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from api.cli.job import Job
from api.cli.terminal import LINE_SECONDS

Show: TypeAlias = Callable[[Sequence[Job]], None]


def view_of(jobs: Sequence[Job], console: Console, say: Callable[[str], None]) -> AbstractContextManager[Show]:
    """Bars on the console where it is a terminal; else lines, which are said."""
    return _bars(console, jobs) if console.is_terminal else _lines(say)


@contextmanager
def _bars(console: Console, jobs: Sequence[Job]) -> Iterator[Show]:
    title, state = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[state]}"))
    # Drawn by the caller's loop: a thread of its own would be in the way of starting programs.
    with Progress(title, BarColumn(), TaskProgressColumn(), state, console=console, auto_refresh=False) as progress:
        tasks = {job.id: progress.add_task(job.title, total=100, state=job.state) for job in jobs}

        def show(latest: Sequence[Job]) -> None:
            for job in latest:
                if job.id in tasks:
                    progress.update(tasks[job.id], completed=job.percent, state=job.state)
            progress.refresh()

        yield show


@contextmanager
def _lines(say: Callable[[str], None]) -> Iterator[Show]:
    told: dict[str, float] = {}  # time.monotonic of the last line; infinity once the job has ended

    def show(latest: Sequence[Job]) -> None:
        now = time.monotonic()
        for job in latest:
            if now - told.get(job.id, 0.0) >= LINE_SECONDS or (not job.is_running and told.get(job.id) != float("inf")):
                told[job.id] = now if job.is_running else float("inf")
                say(f"{job.title}: {job.percent:.0f} %, {job.state}")

    yield show
