"""What is known to be complete, and what is not."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self, TypeAlias

import strawberry

from api.context import Info
from api.fields import resolver
from api.types import coverage_source
from api.types.scalars import BigInt
from domain import coverage, paging, records
from domain.interval import Interval, interval
from domain.paging import PageRequest
from domain.storage import ledger, provenance
from domain.storage.ledger import Ledger
from domain.timerange import TimeRange as Range

if TYPE_CHECKING:
    from api.types.coverage_source import CoverageSource

GapsFrom: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="Where to look from; listedAt or the first covered instant when left out."
    ),
]
GapsTo: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(name="to", description="Where to look to; the last closed candle's end when left out."),
]

SourcesFrom: TypeAlias = Annotated[
    datetime | None, strawberry.argument(name="from", description="Where to look from; the beginning when left out.")
]
SourcesTo: TypeAlias = Annotated[
    datetime | None, strawberry.argument(name="to", description="Where to look to; the end when left out.")
]


@strawberry.type(description="Half-open: from <= t < to.")
class TimeRange:
    start: datetime = strawberry.field(name="from", description="The first instant of the range.")
    end: datetime = strawberry.field(name="to", description="The first instant after the range.")

    @classmethod
    def of(cls, item: Range) -> Self:
        return cls(start=item.start, end=item.end)


async def _first_candles_at(coverages: Sequence["Coverage"], info: Info) -> list[datetime | None]:
    return [bounds[0] if bounds else None for bounds in await _bounds(coverages, info)]


async def _last_candles_at(coverages: Sequence["Coverage"], info: Info) -> list[datetime | None]:
    return [bounds[1] if bounds else None for bounds in await _bounds(coverages, info)]


async def _bounds(coverages: Sequence["Coverage"], info: Info) -> list[tuple[datetime, datetime] | None]:
    return await info.context.loaders.bounds.load_many(item.pair.known for item in coverages)


@strawberry.type(description="What is known to be complete, and what is not.")
class Coverage:
    pair: strawberry.Private[records.Pair]
    ledger: strawberry.Private[Ledger]
    step: strawberry.Private[Interval]

    @resolver("Ranges in which every candle that the exchange has was asked for and stored, oldest first, merged.")
    def ranges(self) -> list[TimeRange]:
        return [TimeRange.of(item) for item in self.ledger.covered]

    @resolver(
        "Ranges inside [from, to) that are not covered. from defaults to listedAt or the first covered instant, "
        "to to the last closed candle's end."
    )
    def gaps(self, info: Info, start: GapsFrom = None, end: GapsTo = None) -> list[TimeRange]:
        paging.check_order(start, end)
        start = start or coverage.since(self.ledger)
        within = Range.of(start, end or self.step.floor(info.context.clock())) if start else None
        return [TimeRange.of(item) for item in coverage.gaps(self.ledger, within)]

    @resolver(
        "Where the covered ranges inside [from, to) came from, oldest first. At most the first 1,000: the rest begins "
        "at the end of the last one."
    )
    async def sources(
        self, start: SourcesFrom = None, end: SourcesTo = None
    ) -> list[Annotated["CoverageSource", strawberry.lazy("api.types.coverage_source")]]:
        paging.check_order(start, end)
        within = PageRequest(start, end).asked
        return [coverage_source.CoverageSource.of(item) for item in await provenance.of(self.pair.id, within)]

    @resolver("How many candles are stored.")
    def candle_count(self) -> BigInt:
        return BigInt(self.pair.candle_count)

    @resolver("Covered slots for which the exchange has no candle: no trade, or its outage.")
    def empty_slots(self) -> BigInt:
        return BigInt(coverage.empty_slots(self.ledger, self.step, self.pair.candle_count))

    @resolver("The earliest candle that the exchange serves, once it was found.")
    def listed_at(self) -> datetime | None:
        return self.ledger.listed_at

    @resolver("Open time of the oldest stored candle.", for_all=_first_candles_at)
    async def first_candle_at(self, info: Info) -> datetime | None:
        [at] = await _first_candles_at([self], info)
        return at

    @resolver("Open time of the newest stored candle.", for_all=_last_candles_at)
    async def last_candle_at(self, info: Info) -> datetime | None:
        [at] = await _last_candles_at([self], info)
        return at

    @resolver("Covered share of [listedAt or first covered instant, last closed candle's end), 0 to 100.")
    def percent(self, info: Info) -> float:
        return coverage.percent(self.ledger, self.step, info.context.clock())

    @classmethod
    def of(cls, pair: records.Pair) -> Self:
        return cls(pair=pair, ledger=ledger.known(pair), step=interval(pair.timeframe.interval))
