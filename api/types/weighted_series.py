"""One series of a coin over all exchanges."""

from collections.abc import Sequence
from typing import Self, cast

import strawberry

from api.types.scalars import DecimalText, UnixTime
from domain.storage import weighting
from domain.storage.aligned import Aligned


@strawberry.type(
    description=(
        "A coin over all exchanges: parallel columns with an entry for each slot in which any of them has a candle, "
        "oldest first. Each price is the mean of the exchanges' own, weighted by their volumes in that candle, and the "
        "plain mean where none of them traded: high is the mean of their highs, not the highest price anywhere. Prices "
        "have as many digits as the most exact one that they are made of."
    )
)
class WeightedSeries:
    exchanges: list[str] = strawberry.field(description="Names of the exchanges that it is made of.")
    time: list[UnixTime] = strawberry.field(description="Open times of the slots.")
    open: list[DecimalText] = strawberry.field(description="Means of the prices of the first trades.")
    high: list[DecimalText] = strawberry.field(description="Means of the highest prices.")
    low: list[DecimalText] = strawberry.field(description="Means of the lowest prices.")
    close: list[DecimalText] = strawberry.field(description="Means of the prices of the last trades.")
    volume: list[DecimalText] = strawberry.field(description="Sums of the traded amounts, in the base.")
    contributors: list[int] = strawberry.field(
        description="How many exchanges traded in the candle or, where none did, have one."
    )
    is_complete: list[bool] = strawberry.field(
        description="False where the slots of a candle that it is made of are not all covered or not all closed yet."
    )

    @classmethod
    async def of(cls, exchanges: Sequence[str], asked: Aligned) -> Self:
        """`exchanges` are those of the series asked for."""
        found = await weighting.weigh(asked)
        return cls(
            exchanges=list(exchanges),
            time=cast("list[UnixTime]", found.time),
            open=cast("list[DecimalText]", found.open),
            high=cast("list[DecimalText]", found.high),
            low=cast("list[DecimalText]", found.low),
            close=cast("list[DecimalText]", found.close),
            volume=cast("list[DecimalText]", found.volume),
            contributors=cast("list[int]", found.contributors),
            is_complete=cast("list[bool]", found.is_complete),
        )
