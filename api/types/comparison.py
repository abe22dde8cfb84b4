"""A symbol on several exchanges, side by side."""

from collections.abc import Sequence
from typing import Self, cast

import strawberry

from api.types.scalars import DecimalText, UnixTime
from domain.interval import Interval
from domain.storage import comparisons
from domain.storage.aligned import Aligned
from domain.storage.comparisons import ComparedColumns
from domain.storage.series import Series


@strawberry.type(
    description="Candles of one exchange in a comparison: an entry a slot, null where the exchange has no candle."
)
class ComparedSeries:
    exchange: str = strawberry.field(description="Name of the exchange.")
    source_interval: Interval = strawberry.field(description="The stored interval that its candles come from.")
    open: list[DecimalText | None] = strawberry.field(description="Prices of the first trades.")
    high: list[DecimalText | None] = strawberry.field(description="Highest prices.")
    low: list[DecimalText | None] = strawberry.field(description="Lowest prices.")
    close: list[DecimalText | None] = strawberry.field(description="Prices of the last trades.")
    volume: list[DecimalText | None] = strawberry.field(description="Traded amounts, in the base.")

    @classmethod
    def of(cls, exchange: str, series: Series, columns: ComparedColumns) -> Self:
        return cls(
            exchange=exchange,
            source_interval=series.interval,
            open=_decimals(columns.open),
            high=_decimals(columns.high),
            low=_decimals(columns.low),
            close=_decimals(columns.close),
            volume=_decimals(columns.volume),
        )


@strawberry.type(
    description=(
        "A symbol on several exchanges: parallel columns with an entry for each slot in which any of them has a "
        "candle, oldest first."
    )
)
class Comparison:
    time: list[UnixTime] = strawberry.field(description="Open times of the slots.")
    median: list[DecimalText] = strawberry.field(
        description="The middle one of the closes, or the mean of the two middle ones, without zeros at its end."
    )
    spread: list[DecimalText] = strawberry.field(
        description="The highest close less the lowest one; 0 where one exchange alone has a candle."
    )
    relative_spread: list[DecimalText | None] = strawberry.field(
        description=(
            "The spread divided by the median, to ten digits behind the point: 0.01 is one percent. Null where the "
            "median is 0."
        )
    )
    is_complete: list[bool] = strawberry.field(
        description="Whether every exchange has a candle there, each with all of its slots covered and closed."
    )
    series: list[ComparedSeries] = strawberry.field(
        description="The candles of each exchange, in the order asked for, else by name."
    )

    @classmethod
    async def of(cls, exchanges: Sequence[str], asked: Aligned) -> Self:
        """`exchanges` are those of the series asked for."""
        found = await comparisons.compare(asked)
        each = zip(exchanges, asked.series, found.series, strict=True)
        return cls(
            time=cast("list[UnixTime]", found.time),
            median=cast("list[DecimalText]", found.median),
            spread=cast("list[DecimalText]", found.spread),
            relative_spread=_decimals(found.relative_spread),
            is_complete=cast("list[bool]", found.is_complete),
            series=[ComparedSeries.of(*one) for one in each],
        )


def _decimals(texts: Sequence[str | None]) -> list[DecimalText | None]:
    return cast("list[DecimalText | None]", texts)
