"""Pairs: one series of candles each."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from api.arguments import (
    After,
    AfterCandle,
    BeforeCandle,
    First,
    FirstCandles,
    From,
    IntervalOr,
    LastCandles,
    Limit,
    To,
)
from api.context import Context, Info
from api.cursors import page_request
from api.fields import resolver
from api.types import coin, exchange, job
from api.types.candle import Candle, CandleConnection, Fill, FillGiven
from api.types.connection import Connection, entity_page
from api.types.coverage import Coverage
from api.types.job_filter import stored_filter
from api.types.node import Node
from api.types.pair_filter import PairStatus
from api.types.quality import CheckedFrom, CheckedTo, Quality
from api.types.series import CandleSeries
from api.types.timeframe import Timeframe
from domain import history, records
from domain.history import Source
from domain.interval import Interval, interval
from domain.storage import pairs
from domain.storage.pairs import PairFilter
from domain.storage.select import shared
from domain.storage.series import MarketName, Series
from domain.view import View

if TYPE_CHECKING:
    from api.types.coin import Coin
    from api.types.exchange import Exchange
    from api.types.job import SyncJobConnection


def _coins(pairs: Sequence["Pair"], _: Info) -> list["Coin"]:
    view = shared(coin.Coin.of)
    return [view(item.pair.coin) for item in pairs]


def _exchanges(pairs: Sequence["Pair"], _: Info) -> list["Exchange"]:
    view = shared(exchange.Exchange.of)
    return [view(item.pair.exchange) for item in pairs]


def _timeframes(pairs: Sequence["Pair"], _: Info) -> list[Timeframe]:
    view = shared(Timeframe.of)
    return [view(item.pair.timeframe) for item in pairs]


async def _latest_candles(pairs: Sequence["Pair"], info: Info) -> list[Candle | None]:
    async def find(missing: Sequence[records.Pair]) -> list[Candle | None]:
        found = await info.context.loaders.latest.load_many(pair.known for pair in missing)
        return [Candle.of(pair.id, latest) if latest else None for pair, latest in zip(missing, found, strict=True)]

    return await info.context.shared.latest.of([item.pair for item in pairs], find)


@strawberry.type(
    description=(
        "One series of candles: a coin's symbol on an exchange at a timeframe (coin_exchanges in the database)."
    )
)
class Pair(Node):
    symbol: str = strawberry.field(description="Unified CCXT symbol, for example BTC/USDT.")
    base: str = strawberry.field(description="What is traded: the coin's symbol, for example BTC.")
    quote: str = strawberry.field(description="What it is priced in, for example USDT.")
    interval: Interval = strawberry.field(description="Interval of its candles.")
    is_active: bool = strawberry.field(description="Whether the schedule collects it as candles close.")
    status: PairStatus = strawberry.field(description="How its collection stands.")
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it or what is known of its candles last changed.")
    pair: strawberry.Private[records.Pair]

    @resolver("The coin that it trades.", for_all=_coins)
    def coin(self) -> Annotated["Coin", strawberry.lazy("api.types.coin")]:
        return coin.Coin.of(self.pair.coin)

    @resolver("The exchange that it is collected from.", for_all=_exchanges)
    def exchange(self) -> Annotated["Exchange", strawberry.lazy("api.types.exchange")]:
        return exchange.Exchange.of(self.pair.exchange)

    @resolver("The timeframe of its candles.", for_all=_timeframes)
    def timeframe(self) -> Timeframe:
        return Timeframe.of(self.pair.timeframe)

    @resolver("What of its history is known to be complete, and what is not.")
    def coverage(self) -> Coverage:
        return Coverage.of(self.pair)

    @resolver(
        "What looks wrong about its candles: against a finer interval where that is stored, against other exchanges, "
        "and by themselves."
    )
    async def quality(self, info: Info, start: CheckedFrom = None, end: CheckedTo = None) -> Quality:
        return await Quality.of(self.pair, start, end, info.context)

    @resolver("Its newest candle.", for_all=_latest_candles)
    async def latest_candle(self, info: Info) -> Candle | None:
        [latest] = await _latest_candles([self], info)
        return latest

    @resolver("Closed candles with from <= timestamp < to, oldest first. Without from, first and last: the latest 500.")
    async def candles(
        self,
        info: Info,
        interval: IntervalOr = None,
        start: From = None,
        end: To = None,
        first: FirstCandles = None,
        after: AfterCandle = None,
        last: LastCandles = None,
        before: BeforeCandle = None,
        fill: FillGiven = Fill.NONE,
    ) -> CandleConnection:
        request = page_request(start=start, end=end, first=first, after=after, last=last, before=before)
        return CandleConnection.of(await self._source(interval, fill, info), request, info.context)

    @resolver("The same candles as parallel columns of numbers, for charts.")
    async def series(
        self,
        info: Info,
        interval: IntervalOr = None,
        start: From = None,
        end: To = None,
        limit: Limit = 500,
        fill: FillGiven = Fill.NONE,
    ) -> CandleSeries:
        return CandleSeries.of(await self._source(interval, fill, info), start, end, limit, info.context)

    async def _source(self, asked: Interval | None, fill: Fill, info: Info) -> Source:
        """For its own candles, or those of its market at another interval; BadInputError as for `history.source`."""
        now = info.context.now
        if asked is None or asked == self.interval:
            return Source(Series.of(self.pair), View(self.interval, self.interval, fill.is_filled), now)
        market = MarketName(self.pair.exchange.name, self.symbol)
        return await history.source(info.context.find_series, market, asked, is_filled=fill.is_filled, now=now)

    @resolver("Its sync jobs, newest first.")
    async def sync_jobs(
        self, info: Info, first: First = 50, after: After = None
    ) -> Annotated["SyncJobConnection", strawberry.lazy("api.types.job")]:
        return await job.SyncJobConnection.of(info.context, stored_filter(None, pair_id=self.pair.id), first, after)

    @classmethod
    def of(cls, pair: records.Pair) -> Self:
        return cls(
            id=strawberry.ID(str(pair.id)),
            symbol=pair.symbol,
            base=pair.coin.symbol,
            quote=pair.quote,
            interval=interval(pair.timeframe.interval),
            is_active=pair.is_active,
            status=PairStatus[pair.status.name],
            created_at=pair.created_at,
            updated_at=pair.updated_at,
            pair=pair,
        )


@strawberry.type(description="A page of pairs, by exchange, symbol and length of the interval.")
class PairConnection(Connection[Pair]):
    @classmethod
    async def of(cls, context: Context, wanted: PairFilter, first: First, after: After) -> Self:
        return cls(page=await entity_page(context.shared.lists, pairs.listed(wanted), Pair.of, first, after))
