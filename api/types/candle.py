"""Candles and pages of them."""

from collections.abc import Awaitable
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self, TypeAlias
from uuid import UUID

import strawberry

from api.candles.page import CandleQuery, WrittenConnection
from api.context import Context
from api.cursors import candle_id, time_cursor
from api.execution.selection import Selection
from api.execution.written import Written
from api.fields import resolver
from api.types.connection import Edge, NodePage, PageInfo
from api.types.scalars import BigInt, DecimalText
from domain import candle as stored
from domain import paging
from domain.history import Source
from domain.interval import Interval
from domain.paging import PageRequest
from domain.view import ViewedCandle


@strawberry.enum(description="What to do with slots that have no candle.")
class Fill(Enum):
    NONE = strawberry.enum_value("NONE", description="Only candles that exist.")
    PREVIOUS_CLOSE = strawberry.enum_value(
        "PREVIOUS_CLOSE",
        description=(
            "A slot without a trade, inside the covered ranges, repeats the close before it with volume 0 and "
            "isFilled true."
        ),
    )

    @property
    def is_filled(self) -> bool:
        return self is Fill.PREVIOUS_CLOSE


FillGiven: TypeAlias = Annotated[Fill, strawberry.argument(description="What to do with slots that have no candle.")]


@strawberry.type(description="One closed candle; prices and volume are exact.")
class Candle:
    pair_id: strawberry.Private[UUID]
    timestamp: datetime = strawberry.field(description="Open time.")
    open: DecimalText = strawberry.field(description="Price of the first trade.")
    high: DecimalText = strawberry.field(description="Highest price.")
    low: DecimalText = strawberry.field(description="Lowest price.")
    close: DecimalText = strawberry.field(description="Price of the last trade.")
    volume: DecimalText = strawberry.field(description="Traded amount, in the base.")
    is_complete: bool = strawberry.field(
        default=True,
        description="False for a resampled candle whose slots are not all covered or not all closed yet.",
    )
    is_filled: bool = strawberry.field(default=False, description="True where a slot without a trade was filled.")

    @resolver("Names this candle of this pair; opaque.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(candle_id(self.pair_id, self.timestamp))

    @classmethod
    def of(cls, pair_id: UUID, candle: stored.Candle) -> Self:
        flags = (candle.is_complete, candle.is_filled) if isinstance(candle, ViewedCandle) else (True, False)
        return cls(
            is_complete=flags[0],
            is_filled=flags[1],
            pair_id=pair_id,
            timestamp=candle.timestamp,
            open=DecimalText(candle.open),
            high=DecimalText(candle.high),
            low=DecimalText(candle.low),
            close=DecimalText(candle.close),
            volume=DecimalText(candle.volume),
        )


@strawberry.type(description="A page of candles, oldest first. totalCount counts those in [from, to).")
class CandleConnection(Written):
    """The resolvers are for the stock executor: what is written must equal their answer to the byte."""

    source_interval: Interval = strawberry.field(
        description="The stored interval they come from; another than asked for when they are resampled."
    )
    query: strawberry.Private[CandleQuery]

    @resolver("The candles of this page.")
    async def nodes(self) -> list[Candle]:
        return (await self._page()).nodes

    @resolver("The same candles, each with its cursor.")
    async def edges(self) -> list[Edge[Candle]]:
        nodes = await self.nodes()
        return [Edge(cursor=time_cursor(node.timestamp), node=node) for node in nodes]

    @resolver("Where this page lies in the list.")
    async def page_info(self) -> PageInfo:
        return await (await self._page()).info()

    @resolver("Candles in [from, to), whatever the page; counted only when asked for.")
    async def total_count(self) -> BigInt:
        return BigInt(await self.query.source.count(self.query.asked))

    async def _page(self) -> NodePage[Candle]:
        source = self.query.source
        page = await source.read(self.query.reading)
        return NodePage(
            nodes=[Candle.of(source.series.pair_id, candle) for candle in page.rows],
            cursor=lambda place: time_cursor(page.rows[place].timestamp),
            neighbours=lambda: source.neighbours(page),
            count=lambda: source.count(self.query.asked),
        )

    @classmethod
    def of(cls, source: Source, request: PageRequest, context: Context) -> Self:
        """BadInputError where the request cannot be served."""
        query = CandleQuery(source, paging.plan(request, context.max_page_candles), request.asked, context)
        return cls(source_interval=source.view.stored, query=query)

    def write(self, selection: Selection) -> Awaitable[dict[str, Any]]:
        return WrittenConnection(self.query, selection).answer()
