"""The first synchronisation of the demo, as the API tells it."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import httpx
from rich.console import Console

from api.cli.job import JOB_FIELDS, Job
from api.cli.job_bars import view_of
from ops.local.program import Pause
from ops.local.terminal import say

_QUERY: Final = f"{{ syncJobs(filter: {{ kind: INITIAL }}, first: 10) {{ nodes {{ {JOB_FIELDS} }} }} }}"
_POLL_SECONDS: Final = 0.5
_ANSWER_SECONDS: Final = 3.0
_APPEAR_SECONDS: Final = 5.0  # the API pushes the demo's jobs just after it is ready
_STALL_SECONDS: Final = 60.0  # without progress: the rest can be followed on the dashboard


def follow_first_sync(url: str, began_at: datetime, *, tend: Callable[[], None], pause: Pause) -> None:
    """Shows how far it is until it has ended; nothing where it had ended before the run began."""
    with httpx.Client(timeout=_ANSWER_SECONDS, trust_env=False) as client:
        jobs = _first_answer(client, url, pause)
        if not any(job.is_running or job.created_at >= began_at for job in jobs):
            return
        changed = time.monotonic()
        with view_of(jobs, Console(), say) as show:
            show(jobs)
            while any(job.is_running for job in jobs) and time.monotonic() - changed < _STALL_SECONDS:
                tend()
                pause(_POLL_SECONDS)
                latest = _ask(client, url) or jobs
                changed = changed if latest == jobs else time.monotonic()
                jobs = latest
                show(jobs)
        if any(job.is_running for job in jobs):
            say("The first synchronisation goes on; the dashboard shows how far it is.")


def _first_answer(client: httpx.Client, url: str, pause: Pause) -> Sequence[Job]:
    deadline = time.monotonic() + _APPEAR_SECONDS
    while not (jobs := _ask(client, url)) and time.monotonic() < deadline:
        pause(_POLL_SECONDS)
    return jobs


def _ask(client: httpx.Client, url: str) -> Sequence[Job]:
    """Nothing where the API does not answer: it may just be started again."""
    try:
        answer = client.post(url, json={"query": _QUERY}).json()
        return [Job.of(node) for node in answer["data"]["syncJobs"]["nodes"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return []
