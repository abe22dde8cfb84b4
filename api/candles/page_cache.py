"""Pages of candles as PostgreSQL once wrote them, by what they show and the version of the series they are of.

A page is found again only by who has read the same version afterwards, so that none is older than its question.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from cachetools import LRUCache

from api.candles.page_key import PageKey
from api.candles.shared_pages import SharedPages
from api.sharing.joint import Joint
from domain.storage.rendering import RenderedPage
from domain.telemetry.metrics import CACHE_HITS, CACHE_MISSES
from domain.telemetry.traces import describe

_FOUND: Final = {"candelabra.cache": "memory"}

# What a page takes beside its texts: its key, its fields, its place in the cache.
_BYTES_AROUND: Final = 2_000

Write: TypeAlias = Callable[[PageKey], Coroutine[Any, Any, RenderedPage]]


class PageCache:
    """The pages that were used last, of `max_bytes` together. No large one is written twice at the same time.

    Those that PostgreSQL has to work out, instead of only to read, are also looked for where processes share them.
    """

    def __init__(self, max_bytes: int, shared: SharedPages) -> None:
        self._pages = LRUCache[PageKey, RenderedPage](max_bytes, getsizeof=_size)
        self._shared = shared
        self._under_way: dict[PageKey, Joint[RenderedPage]] = {}
        self._hits, self._misses = CACHE_HITS.labels("memory"), CACHE_MISSES.labels("memory")

    async def get(self, key: PageKey, write: Write) -> RenderedPage:
        """Raises what writing raises."""
        page = self._pages.get(key)
        if page is not None:
            self._hits.inc()
            describe(_FOUND)
            return page
        self._misses.inc()
        if key.is_small:
            page = await write(key)
            self._keep(key, page)
            return page
        return await self._written_once(key, write)

    async def _written_once(self, key: PageKey, write: Write) -> RenderedPage:
        under_way = self._under_way.get(key)
        if under_way is None or under_way.is_abandoned:
            making = self._found_or_written(key, write) if key.is_worked_out else write(key)
            under_way = self._under_way[key] = Joint(making)
            under_way.task.add_done_callback(lambda _: self._end(key, under_way))
        return await under_way.result()

    async def _found_or_written(self, key: PageKey, write: Write) -> RenderedPage:
        name = str(key)
        page = await self._shared.get(name)
        (CACHE_HITS if page else CACHE_MISSES).labels("redis").inc()
        if page is None:
            page = await write(key)
            self._shared.put(name, page)
        return page

    def _end(self, key: PageKey, ended: Joint[RenderedPage]) -> None:
        if self._under_way.get(key) is ended:
            del self._under_way[key]
        if not ended.task.cancelled() and ended.task.exception() is None:
            self._keep(key, ended.task.result())

    def _keep(self, key: PageKey, page: RenderedPage) -> None:
        if _size(page) <= self._pages.maxsize:
            self._pages[key] = page


def _size(page: RenderedPage) -> int:
    return _BYTES_AROUND + sum(len(text) for text in page.texts)
