"""Every worker has the schedule, and arq sees to it that one runs a tick, save for workers that stand still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.clock import instant
from domain.database import transaction
from domain.storage import ticks
from workers.context import JobContext


@asynccontextmanager
async def tick(ctx: JobContext) -> AsyncIterator[bool]:
    """A transaction that tells whether this tick is still to run. What it writes counts when the block has ended."""
    _, name, at_ms = ctx["job_id"].split(":")
    async with transaction() as db:
        yield await ticks.begin(db, name, instant(int(at_ms)))
