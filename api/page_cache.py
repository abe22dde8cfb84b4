"""Pages of candles as PostgreSQL once wrote them, by what they show and the version of the series they are of.

A page is found again only by who has read the same version afterwards, so that none is older than its question.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from cachetools import LRUCache
from typing_extensions import override

from api.shared_pages import SharedPages
from domain.storage.rendering import PageQuery, RenderedPage, Rendering
from domain.telemetry.metrics import CACHE_HITS, CACHE_MISSES

# What a page takes beside its texts: its key, its fields, its place in the cache.
_BYTES_AROUND: Final = 2_000


class PageKey:
    """What a page shows, and the version of the series. Its hash takes long, and is worked out once."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, query: PageQuery, rendering: Rendering, version: int) -> None:
        self._parts = (query, rendering, version)
        self._hash = hash(self._parts)

    @property
    def is_shared(self) -> bool:
        """Whether asking Redis takes less than asking PostgreSQL."""
        view = self._parts[1].view
        return view.is_resampled or view.is_filled

    @override
    def __str__(self) -> str:
        return repr(self._parts)

    @override
    def __hash__(self) -> int:
        return self._hash

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, PageKey) and self._parts == other._parts


class PageCache:
    """The pages that were used last, of `max_bytes` together. None is written twice at the same time.

    Those that PostgreSQL has to work out, instead of only to read, are also looked for where processes share them.
    """

    def __init__(self, max_bytes: int, shared: SharedPages) -> None:
        self._pages = LRUCache[PageKey, RenderedPage](max_bytes, getsizeof=_size)
        self._shared = shared
        self._under_way: dict[PageKey, asyncio.Future[RenderedPage]] = {}
        self._hits, self._misses = CACHE_HITS.labels("memory"), CACHE_MISSES.labels("memory")

    async def get(self, key: PageKey, write: Callable[[], Awaitable[RenderedPage]]) -> RenderedPage:
        """Raises what writing raises."""
        page = self._pages.get(key)
        if page is not None:
            self._hits.inc()
            return page
        self._misses.inc()
        under_way = self._under_way.get(key)
        if under_way is None:
            making = self._found_or_written(key, write) if key.is_shared else write()
            under_way = self._under_way[key] = asyncio.ensure_future(making)
            under_way.add_done_callback(lambda done: self._keep(key, done))
        # Who gives up does not take the page from the others.
        return await asyncio.shield(under_way)

    async def _found_or_written(self, key: PageKey, write: Callable[[], Awaitable[RenderedPage]]) -> RenderedPage:
        name = str(key)
        page = await self._shared.get(name)
        (CACHE_HITS if page else CACHE_MISSES).labels("redis").inc()
        if page is None:
            page = await write()
            self._shared.put(name, page)
        return page

    def _keep(self, key: PageKey, done: "asyncio.Future[RenderedPage]") -> None:
        del self._under_way[key]
        if not done.cancelled() and done.exception() is None and _size(done.result()) <= self._pages.maxsize:
            self._pages[key] = done.result()


def _size(page: RenderedPage) -> int:
    return _BYTES_AROUND + sum(len(text) for text in page.texts)
