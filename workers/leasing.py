"""Holding a job for as long as a worker lives, and no longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from domain.clock import Clock
from domain.outage import is_outage
from domain.storage import leases
from domain.storage.leases import Lease
from workers.cancellation import cancelled

# Renewals in the time that a lease holds: one that is late or lost costs nothing yet.
_RENEWALS: Final = 4

# Seconds between attempts to give a job back.
_PAUSE_SECONDS: Final = 0.5


@asynccontextmanager
async def renewed(lease: Lease, clock: Clock, length: timedelta) -> AsyncIterator[None]:
    """Renews the lease while the block runs, however long an exchange lets it wait."""
    renewing = asyncio.create_task(_renew(lease, clock, length))
    try:
        yield
    finally:
        await cancelled([renewing])


async def _renew(lease: Lease, clock: Clock, length: timedelta) -> None:
    while True:
        await asyncio.sleep(length.total_seconds() / _RENEWALS)
        try:
            await leases.renew(lease, until=clock() + length)
        except Exception as error:
            if not is_outage(error):
                raise


async def give_back(lease: Lease, clock: Clock, *, seconds: float) -> None:
    """Lets others have the job at once, where PostgreSQL can be told so within that many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not await _is_given_back(lease, clock):  # noqa: ASYNC110  # PostgreSQL sets no event
                await asyncio.sleep(_PAUSE_SECONDS)


async def _is_given_back(lease: Lease, clock: Clock) -> bool:
    try:
        await leases.release(lease, run_after=clock())
    except Exception as error:
        if not is_outage(error):
            raise
        return False
    return True
