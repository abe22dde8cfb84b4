"""Candles as parallel columns of numbers."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any, Self

import strawberry

from api.candles.page import CandleQuery
from api.candles.series_columns import WrittenSeries
from api.context import Context
from api.execution.selection import Selection
from api.execution.written import Written
from api.fields import resolver
from api.types.scalars import UnixTime
from domain import paging
from domain.history import Source
from domain.interval import Interval
from domain.paging import PageRequest
from domain.view import ViewedCandle


@strawberry.type(description="The same candles as parallel columns of numbers, for charts; oldest first.")
class CandleSeries(Written):
    """The resolvers are for the stock executor: what is written must hold the same numbers, in all their digits."""

    source_interval: Interval = strawberry.field(
        description="The stored interval they come from; another than asked for when they are resampled."
    )
    query: strawberry.Private[CandleQuery]

    @resolver("How many candles there are: the length of every column.")
    async def count(self) -> int:
        return len(await self._candles())

    @resolver("Open times.")
    async def time(self) -> list[UnixTime]:
        return [UnixTime(int(candle.timestamp.timestamp())) for candle in await self._candles()]

    @resolver("Prices of the first trades.")
    async def open(self) -> list[float]:
        return [float(candle.open) for candle in await self._candles()]

    @resolver("Highest prices.")
    async def high(self) -> list[float]:
        return [float(candle.high) for candle in await self._candles()]

    @resolver("Lowest prices.")
    async def low(self) -> list[float]:
        return [float(candle.low) for candle in await self._candles()]

    @resolver("Prices of the last trades.")
    async def close(self) -> list[float]:
        return [float(candle.close) for candle in await self._candles()]

    @resolver("Traded amounts, in the base.")
    async def volume(self) -> list[float]:
        return [float(candle.volume) for candle in await self._candles()]

    async def _candles(self) -> list[ViewedCandle]:
        return (await self.query.source.read(self.query.reading)).rows

    @classmethod
    def of(
        cls, source: Source, start: datetime | None, end: datetime | None, limit: int | None, context: Context
    ) -> Self:
        """BadInputError where the request cannot be served."""
        reading = paging.plan_series(start, end, limit, context.max_page_candles)
        query = CandleQuery(source, reading, PageRequest(start, end).asked, context)
        return cls(source_interval=source.view.stored, query=query)

    def write(self, selection: Selection) -> Awaitable[dict[str, Any]]:
        return WrittenSeries(self.query, selection).answer()
