"""Making the next thing while the one before is used."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

Item = TypeVar("Item")


async def ahead(items: AsyncGenerator[Item, None]) -> AsyncGenerator[Item, None]:
    """The same items."""
    upcoming = _next(items)
    try:
        while (item := await upcoming) is not None:
            upcoming = _next(items)
            yield item
    finally:
        upcoming.cancel()
        await asyncio.gather(upcoming, return_exceptions=True)


def _next(items: AsyncGenerator[Item, None]) -> "asyncio.Task[Item | None]":
    async def following() -> Item | None:
        return await anext(items, None)

    return asyncio.create_task(following())
