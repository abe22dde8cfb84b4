"""Pages of candles out of PostgreSQL: all that are asked for at the same time by one statement."""

import asyncio
from collections.abc import Sequence
from typing import cast

from api.candles.page_key import PageKey
from api.sharing.batches import Batches
from domain.database import COMMAND_SECONDS
from domain.storage.rendering import RenderedPage, Rendering, render


class PageLoader:
    def __init__(self, batches: Batches[PageKey, RenderedPage]) -> None:
        self._batches = batches

    @classmethod
    def of_small(cls) -> "PageLoader":
        """For all who ask this process. Raises TimeoutError as soon as others have waited long enough."""
        return cls(Batches(_written))

    @classmethod
    def of_large(cls) -> "PageLoader":
        """For one request: others would have to wait, and leave PostgreSQL's other processes idle meanwhile.

        A statement may take as long as PostgreSQL lets it.
        """
        return cls(Batches(_written, seconds=COMMAND_SECONDS))

    async def load(self, key: PageKey) -> RenderedPage:
        return cast("RenderedPage", await self._batches.load(key))  # there is one for each key


async def _written(keys: Sequence[PageKey]) -> dict[PageKey, RenderedPage]:
    """One statement for all pages that are rendered alike."""
    alike = dict[Rendering, list[PageKey]]()
    for key in keys:
        alike.setdefault(key.rendering, []).append(key)
    if len(alike) == 1:
        return await _alike(keys)
    pages = dict[PageKey, RenderedPage]()
    for found in await asyncio.gather(*map(_alike, alike.values())):
        pages |= found
    return pages


async def _alike(keys: Sequence[PageKey]) -> dict[PageKey, RenderedPage]:
    pages = await render([key.query for key in keys], keys[0].rendering)
    return dict(zip(keys, pages, strict=True))
