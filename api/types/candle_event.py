"""What a subscription tells about candles."""

from enum import Enum
from typing import Self

import strawberry

from api.types.candle import Candle
from domain.live.candle_news import CandleNews


@strawberry.enum(description="Why candles are told.")
class CandleEventKind(Enum):
    HISTORY = strawberry.enum_value("HISTORY", description="They were stored when the subscription began.")
    CLOSED = strawberry.enum_value("CLOSED", description="They have closed, or were collected, since then.")
    REVISED = strawberry.enum_value(
        "REVISED", description="They have changed since, or are the first of slots that were taken to be empty."
    )


@strawberry.type(description="Candles of one kind of news; a client puts them in the place of any that it has.")
class CandleEvent:
    kind: CandleEventKind = strawberry.field(description="Why they are told.")
    candles: list[Candle] = strawberry.field(description="Oldest first, at most 1000; more come as further events.")

    @classmethod
    def of(cls, news: CandleNews) -> Self:
        candles = [Candle.of(news.pair_id, candle) for candle in news.candles]
        return cls(kind=CandleEventKind[news.kind.name], candles=candles)
