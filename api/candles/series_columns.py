"""A page of candles as columns of numbers, written at once by PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from api.candles.page import CandleQuery
from api.execution.selection import TYPENAME, SelectedField, Selection
from domain.storage.rendering import RenderedPage, Rendering
from domain.storage.template import CandleValue, Template

SERIES_COLUMNS: Final = {
    "time": Template.of([CandleValue.UNIX_TIME]),
    "open": Template.of([CandleValue.OPEN]),
    "high": Template.of([CandleValue.HIGH]),
    "low": Template.of([CandleValue.LOW]),
    "close": Template.of([CandleValue.CLOSE]),
    "volume": Template.of([CandleValue.VOLUME]),
}


@dataclass(frozen=True, slots=True)
class WrittenSeries:
    """The answer for a CandleSeries: numbers with the digits that are stored."""

    query: CandleQuery
    selection: Selection

    async def answer(self) -> dict[str, Any]:
        page = await self.query.rendered(self._rendering)
        texts = iter(page.texts)
        return {field.key: self._value(field, page, texts) for field in self.selection}

    @property
    def _rendering(self) -> Rendering:
        return Rendering(
            view=self.query.source.view,
            templates=self.selection.derived(_templates),
            is_newest=self.query.reading.is_newest,
            asks_count=any(field.name == "count" for field in self.selection),
        )

    def _value(self, field: SelectedField, page: RenderedPage, texts: Iterator[str]) -> object:
        if field.name in SERIES_COLUMNS:
            return orjson.Fragment(next(texts))
        if field.name == "count":
            return page.count
        return "CandleSeries" if field.name == TYPENAME else self.query.source.view.stored.text


def _templates(selection: Selection) -> tuple[Template, ...]:
    return tuple(SERIES_COLUMNS[field.name] for field in selection if field.name in SERIES_COLUMNS)
