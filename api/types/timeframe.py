"""Timeframes that pairs are collected at."""

from typing import Self

import strawberry

from api.types.node import Node
from domain import records
from domain.interval import Interval, interval


@strawberry.type(description="A length of candles that pairs can be collected at.")
class Timeframe(Node):
    interval: Interval = strawberry.field(description="Its notation, for example 1h.")
    minutes: int = strawberry.field(description="Nominal length; a month counts 43200.")

    @classmethod
    def of(cls, timeframe: records.Timeframe) -> Self:
        return cls(
            id=strawberry.ID(str(timeframe.id)),
            interval=interval(timeframe.interval),
            minutes=timeframe.minutes,
        )
