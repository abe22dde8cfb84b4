"""A page of candles, written at once: its text by PostgreSQL, the few words around it here."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson

from api.candles.page_key import PageKey
from api.candles.template import candle_template
from api.context import Context
from api.cursors import time_cursor
from api.execution.selection import TYPENAME, SelectedField, Selection
from domain.history import Source
from domain.paging import Reading
from domain.storage.rendering import PageQuery, RenderedPage, Rendering
from domain.timerange import TimeRange

_LISTS: Final = {"nodes", "edges"}


@dataclass(frozen=True, slots=True)
class CandleQuery:
    """Which candles are asked for; `asked` is the list that the page is of."""

    source: Source
    reading: Reading
    asked: TimeRange
    context: Context

    async def rendered(self, rendering: Rendering) -> RenderedPage:
        """BadInputError where a page cannot hold what was asked for."""
        query = PageQuery.of(self.source.series, self.reading, self.asked, self.source.now)
        page = await self._page(PageKey(query, rendering))
        self.reading.check(has_more=page.has_more)
        return page

    def _page(self, key: PageKey) -> Coroutine[Any, Any, RenderedPage]:
        return self.context.shared.pages.get(key, self._write) if self.source.is_settled else self._write(key)

    def _write(self, key: PageKey) -> Coroutine[Any, Any, RenderedPage]:
        self.context.has_read_pages = True
        loader = self.context.shared.small_pages if key.is_small else self.context.loaders.page
        return loader.load(key)


@dataclass(frozen=True)
class WrittenConnection:
    """The answer for a CandleConnection."""

    query: CandleQuery
    selection: Selection

    async def answer(self) -> dict[str, Any]:
        page = await self.query.rendered(self._rendering)
        texts = iter(page.texts)
        return {field.key: self._value(field, page, texts) for field in self._fields}

    @cached_property
    def _fields(self) -> list[SelectedField]:
        return list(self.selection)

    @property
    def _rendering(self) -> Rendering:
        names = {field.name for field in self._fields}
        reading = self.query.reading
        view = self.query.source.view
        return Rendering(
            view=view,
            templates=tuple(field.below.derived(candle_template) for field in self._fields if field.name in _LISTS),
            is_newest=reading.is_newest,
            asks_neighbours="pageInfo" in names or reading.may_exceed(view.step),
            asks_total="totalCount" in names,
        )

    def _value(self, field: SelectedField, page: RenderedPage, texts: Any) -> object:
        if field.name in _LISTS:
            return orjson.Fragment(next(texts))
        if field.name == "pageInfo":
            return {part.key: _PAGE_INFO[part.name](self.query.reading, page) for part in field.below}
        if field.name == "totalCount":
            return page.total
        return "CandleConnection" if field.name == TYPENAME else self.query.source.view.stored.text


_PAGE_INFO: Final[Mapping[str, Callable[[Reading, RenderedPage], object]]] = {
    TYPENAME: lambda _, __: "PageInfo",
    "hasNextPage": lambda reading, page: page.has_later or (page.has_more and not reading.is_newest),
    "hasPreviousPage": lambda reading, page: page.has_earlier or (page.has_more and reading.is_newest),
    "startCursor": lambda _, page: time_cursor(page.first) if page.first else None,
    "endCursor": lambda _, page: time_cursor(page.last) if page.last else None,
}
