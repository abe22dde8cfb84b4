"""Candles and pages of them."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Self, TypeAlias
from uuid import UUID

import strawberry

from api.context import Context
from api.cursors import candle_id, time_cursor
from api.fields import resolver
from api.pagination import Connection, NodePage
from api.types.scalars import DecimalText
from domain import candle as stored
from domain import history, models, paging
from domain.errors import BadInputError
from domain.interval import Interval, interval
from domain.paging import PageRequest
from domain.storage import candles


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


FillGiven: TypeAlias = Annotated[Fill, strawberry.argument(description="What to do with slots that have no candle.")]


def refuse_filling(fill: Fill) -> None:
    if fill is not Fill.NONE:
        raise BadInputError("Empty slots are not filled here; leave fill out, or say NONE.")


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
        return cls(
            pair_id=pair_id,
            timestamp=candle.timestamp,
            open=DecimalText(candle.open),
            high=DecimalText(candle.high),
            low=DecimalText(candle.low),
            close=DecimalText(candle.close),
            volume=DecimalText(candle.volume),
        )


@strawberry.type(description="A page of candles, oldest first. totalCount counts those in [from, to).")
class CandleConnection(Connection[Candle]):
    source_interval: Interval = strawberry.field(
        description="The stored interval they come from; another than asked for when they are resampled."
    )

    @classmethod
    async def of(cls, pair: models.Pair, request: PageRequest, fill: Fill, context: Context) -> Self:
        """BadInputError where the request cannot be served."""
        refuse_filling(fill)
        page = await history.read(pair.series, paging.plan(request, context.max_page_candles))
        nodes = NodePage(
            nodes=[Candle.of(pair.id, candle) for candle in page.rows],
            cursor=lambda place: time_cursor(page.rows[place].timestamp),
            neighbours=lambda: history.neighbours(pair.series, page),
            count=lambda: candles.count(pair.series, request.asked),
        )
        return cls(page=nodes, source_interval=interval(pair.timeframe.interval))
