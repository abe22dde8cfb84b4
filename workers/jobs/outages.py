"""Jobs of the queue that meet an outage."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from arq import Retry

from domain.storage.outage import is_outage
from workers.context import JobContext

# Seconds after which the queue brings a job back.
_RETRY_SECONDS: Final = 1.0

_Arguments = ParamSpec("_Arguments")


def again_after_outage(
    job: Callable[Concatenate[JobContext, _Arguments], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[JobContext, _Arguments], Coroutine[Any, Any, None]]:
    """The job, run again by the queue until PostgreSQL or Redis is back."""

    @wraps(job)
    async def run(ctx: JobContext, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        try:
            await job(ctx, *args, **kwargs)
        except Exception as error:
            if not is_outage(error):
                raise
            raise Retry(defer=_RETRY_SECONDS) from error

    return run
