"""Progress bars on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from ops.local.terminal import say

_LINE_SECONDS: Final = 5.0


class Job(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def interval(self) -> str: ...
    @property
    def percent(self) -> float: ...
    @property
    def candles(self) -> int: ...
    @property
    def eta(self) -> float | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def is_running(self) -> bool: ...


Show = Callable[[Sequence[Job]], None]


def view_of(jobs: Sequence[Job]) -> AbstractContextManager[Show]:
    console = Console()
    return _bars(console, jobs) if console.is_terminal else _lines()


@contextmanager
def _bars(console: Console, jobs: Sequence[Job]) -> Iterator[Show]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[state]}"))
    # Drawn by the caller's loop: a thread of its own would be in the way of starting programs.
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        tasks = {job.id: progress.add_task(_title(job), total=100, state=_state(job)) for job in jobs}

        def show(latest: Sequence[Job]) -> None:
            for job in latest:
                if job.id in tasks:
                    progress.update(tasks[job.id], completed=job.percent, state=_state(job))
            progress.refresh()

        yield show


@contextmanager
def _lines() -> Iterator[Show]:
    told: dict[str, float] = {}  # time.monotonic of the last line; infinity once the job has ended

    def show(latest: Sequence[Job]) -> None:
        now = time.monotonic()
        for job in latest:
            if now - told.get(job.id, 0.0) >= _LINE_SECONDS or (
                not job.is_running and told.get(job.id) != float("inf")
            ):
                told[job.id] = now if job.is_running else float("inf")
                say(f"{_title(job)}: {job.percent:.0f} %, {_state(job)}")

    yield show


def _title(job: Job) -> str:
    return f"{job.symbol} {job.interval}"


def _state(job: Job) -> str:
    if job.error:
        return job.error
    left = f", {job.eta:.0f} s left" if job.is_running and job.eta is not None else ""
    return f"{job.candles:,} candles{left}"
