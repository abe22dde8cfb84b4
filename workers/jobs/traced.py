"""Jobs of the queue as spans of the trace of whoever asked for them."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from domain.telemetry.traces import Role, span
from workers.context import JobContext

_Arguments = ParamSpec("_Arguments")


def traced(
    job: Callable[Concatenate[JobContext, _Arguments], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[JobContext, _Arguments], Coroutine[Any, Any, None]]:
    """The job, which the queue may give a `traceparent` beside its arguments."""

    @wraps(job)
    async def run(ctx: JobContext, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        parent = {name: str(kwargs.pop(name)) for name in ("traceparent",) if name in kwargs}
        with span(Role.JOB, job.__name__, carrier=parent):
            await job(ctx, *args, **kwargs)

    return run
