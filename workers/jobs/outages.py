"""Jobs of the queue that meet an outage."""

import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from arq import Retry

from domain.outage import is_outage
from workers.context import JobContext

# Seconds after which the queue brings a job back.
_RETRY_SECONDS: Final = 1.0

_Arguments = ParamSpec("_Arguments")

_log: Final = logging.getLogger(__name__)


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


def made_up_for(
    part: Callable[[JobContext], Coroutine[Any, Any, None]],
) -> Callable[[JobContext], Coroutine[Any, Any, None]]:
    """The part of the schedule, which an outage may keep from running: the next tick makes up for it."""

    @wraps(part)
    async def run(ctx: JobContext) -> None:
        try:
            await part(ctx)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("%s waits for its next tick: %s: %s", part.__name__, type(error).__name__, error)

    return run
