"""Candles as parallel columns of numbers."""

from datetime import datetime
from typing import Self

import strawberry

from api.context import Context
from api.fields import resolver
from api.types.scalars import UnixTime
from domain import paging
from domain.history import Source
from domain.interval import Interval
from domain.view import ViewedCandle


@strawberry.type(description="The same candles as parallel columns of numbers, for charts; oldest first.")
class CandleSeries:
    source_interval: Interval = strawberry.field(
        description="The stored interval they come from; another than asked for when they are resampled."
    )
    candles: strawberry.Private[list[ViewedCandle]]

    @resolver("How many candles there are: the length of every column.")
    def count(self) -> int:
        return len(self.candles)

    @resolver("Open times.")
    def time(self) -> list[UnixTime]:
        return [UnixTime(int(candle.timestamp.timestamp())) for candle in self.candles]

    @resolver("Prices of the first trades.")
    def open(self) -> list[float]:
        return [float(candle.open) for candle in self.candles]

    @resolver("Highest prices.")
    def high(self) -> list[float]:
        return [float(candle.high) for candle in self.candles]

    @resolver("Lowest prices.")
    def low(self) -> list[float]:
        return [float(candle.low) for candle in self.candles]

    @resolver("Prices of the last trades.")
    def close(self) -> list[float]:
        return [float(candle.close) for candle in self.candles]

    @resolver("Traded amounts, in the base.")
    def volume(self) -> list[float]:
        return [float(candle.volume) for candle in self.candles]

    @classmethod
    async def of(
        cls, source: Source, start: datetime | None, end: datetime | None, limit: int | None, context: Context
    ) -> Self:
        """BadInputError where the request cannot be served."""
        page = await source.read(paging.plan_series(start, end, limit, context.max_page_candles))
        return cls(candles=page.rows, source_interval=source.view.stored)
