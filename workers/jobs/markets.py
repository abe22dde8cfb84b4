"""Loading an exchange's market list when someone asks, and every day."""

import logging
from typing import Final

from domain.source import SourceError
from domain.storage import exchanges
from domain.telemetry.logs import is_about
from workers import catalog
from workers.context import JobContext
from workers.jobs.outages import again_after_outage
from workers.jobs.tick import tick
from workers.jobs.traced import traced

_log: Final = logging.getLogger(__name__)


@again_after_outage
@traced
async def refresh_markets(ctx: JobContext, exchange: str) -> None:
    worker = ctx["worker"]
    is_about(job_id=ctx["job_id"])
    try:
        await catalog.refresh_markets(exchange, worker.exchanges.get(exchange), worker.clock)
    except SourceError as error:
        _log.warning("the market list of %s was not refreshed: %s", exchange, error.message)


async def refresh_all_markets(ctx: JobContext) -> None:
    async with tick(ctx) as is_due:
        names = [exchange.name for exchange in await exchanges.listed(is_active=True)] if is_due else []
    for name in names:
        await ctx["worker"].queue.refresh_markets(name)
