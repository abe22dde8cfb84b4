"""A worker that is told to stop stops, whatever its libraries do."""

import asyncio
from contextlib import suppress

from tests.patience import PATIENCE
from workers.cancellation import cancelled


async def test_a_task_that_swallows_a_cancellation_ends_all_the_same() -> None:
    """As arq's polling does when the cancellation meets redis-py at a bad moment."""

    async def poll() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    polling = asyncio.create_task(poll())
    await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE):
        [outcome] = await cancelled([polling])

    assert isinstance(outcome, asyncio.CancelledError)


async def test_what_tasks_came_to_is_told() -> None:
    """Also what ended before it was asked to."""

    async def fail() -> None:
        raise ValueError("on its own")

    [outcome] = await cancelled([asyncio.create_task(fail())])
    failing = asyncio.create_task(fail())
    await asyncio.wait({failing})
    [own] = await cancelled([failing])

    assert isinstance(outcome, asyncio.CancelledError)
    assert str(own) == "on its own"
