"""Loading a list from outside when someone asks, and every day."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from domain.candle_source import SourceError
from domain.catalog import exchange_of, refresh_old_coins
from domain.catalog import refresh_markets as ask_for_markets
from domain.outage import is_outage
from domain.storage import exchanges, loads
from domain.storage.loads import Turn
from domain.telemetry.logs import is_about
from workers import catalog
from workers.backoff import is_hopeless, is_no_failure, pause
from workers.context import JobContext, WorkerContext
from workers.jobs.outages import again_after_outage
from workers.jobs.tick import tick
from workers.jobs.traced import traced

_log: Final = logging.getLogger(__name__)

# Seconds that a turn may take: the longest market lists come in dozens of answers.
_TURN_SECONDS: Final = 45.0

# How long a turn is one worker's alone, who does not tell that it lives: longer than a turn.
_LEASE: Final = timedelta(seconds=60)


@again_after_outage
@traced
async def load(ctx: JobContext, subject: str) -> None:
    """Takes a load that is due and goes on with it."""
    worker = ctx["worker"]
    now = worker.clock()
    turn = await loads.take(subject, now=now, until=now + _LEASE)
    if turn is None:
        return
    is_about(job_id=ctx["job_id"])
    try:
        await _go_on(worker, turn)
    except SourceError as error:
        await _stumble(worker, turn, error)
    except asyncio.CancelledError:
        await loads.put_off(turn, worker.clock())
        raise
    except Exception as error:  # whatever it is, the load must not stay in limbo
        if is_outage(error):
            raise
        _log.exception("the load of %s stumbled over an error of our own", subject)
        await _stumble(worker, turn, SourceError("INTERNAL", "an error of our own", is_transient=True))


async def _go_on(worker: WorkerContext, turn: Turn) -> None:
    try:
        async with asyncio.timeout(_TURN_SECONDS) as limit:
            rest = await _load(worker, turn)
    except TimeoutError:
        if not limit.expired():
            raise
        raise SourceError("TOO_SLOW", f"it took longer than {_TURN_SECONDS:.0f} s", is_transient=True) from None
    if rest is None:
        await loads.end(turn, loaded_at=worker.clock())
        return
    await loads.put_off(turn, worker.clock() + rest)
    await worker.queue.load([turn.subject], delay=rest)


async def _load(worker: WorkerContext, turn: Turn) -> timedelta | None:
    """How long to wait for the rest; None where that was all."""
    exchange = exchange_of(turn.subject)
    if exchange is None:
        return await catalog.refresh_coins(worker.coingecko, turn)
    await catalog.refresh_markets(exchange, await worker.exchanges.get(exchange), worker.clock)
    return None


async def _stumble(worker: WorkerContext, turn: Turn, error: SourceError) -> None:
    if is_hopeless(error, turn.failures_in_row):
        _log.warning("the load of %s is given up: %s", turn.subject, error.message)
        await loads.end(turn, loaded_at=None)
        return
    delay = pause(error, turn.failures_in_row)
    _log.info("the load of %s is put off: %s", turn.subject, error.message)
    await loads.put_off(turn, worker.clock() + delay, is_failure=not is_no_failure(error))
    await worker.queue.load([turn.subject], delay=delay)


async def refresh_all_markets(ctx: JobContext) -> None:
    """Has the market list of each exchange that is on loaded."""
    worker = ctx["worker"]
    async with tick(ctx) as is_due:
        listed = await exchanges.listed(is_active=True) if is_due else []
    await ask_for_markets([item.name for item in listed if item.is_configured], worker.queue, worker.clock)


async def refresh_coins(ctx: JobContext) -> None:
    """Has coins loaded once a day; looks more often, so that a day on which nothing ran is made up for."""
    worker = ctx["worker"]
    async with tick(ctx) as is_due:
        pass
    if is_due:
        await refresh_old_coins(worker.queue, worker.clock)
