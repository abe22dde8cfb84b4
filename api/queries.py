"""What can be asked: each field is arguments, one call, a view."""

from typing import Annotated, TypeAlias

import strawberry

from api.arguments import (
    After,
    AfterCandle,
    BeforeCandle,
    ExchangeName,
    First,
    FirstCandles,
    From,
    IntervalGiven,
    LastCandles,
    Limit,
    NodeId,
    Slots,
    Symbol,
    To,
)
from api.context import Context, Info
from api.cursors import page_request
from api.exports.paths import export_path
from api.fields import resolver
from api.nodes import find_node
from api.types.candle import CandleConnection, Fill, FillGiven
from api.types.coin import Coin, CoinConnection
from api.types.comparison import Comparison
from api.types.connection import entity_page
from api.types.exchange import Exchange
from api.types.job import SyncJob, SyncJobConnection
from api.types.job_filter import FilterJobs
from api.types.job_filter import stored_filter as job_filter
from api.types.node import Node, parse_id
from api.types.pair import Pair, PairConnection
from api.types.pair_filter import FilterPairs
from api.types.pair_filter import stored_filter as pair_filter
from api.types.series import CandleSeries
from api.types.timeframe import Timeframe
from domain import cross_exchange, history, paging
from domain.history import Source
from domain.interval import Interval
from domain.storage import coins, exchanges, pairs, timeframes
from domain.storage.series import MarketName

CoinSearch: TypeAlias = Annotated[
    str | None, strawberry.argument(description="Only coins whose symbol or name contains this, in any case.")
]
CoinSymbol: TypeAlias = Annotated[str, strawberry.argument(description="Symbol of the coin, for example BTC.")]
ActiveOnly: TypeAlias = Annotated[
    bool | None, strawberry.argument(description="Only exchanges that are, or are not, switched on.")
]
ExchangeSearch: TypeAlias = Annotated[
    str | None, strawberry.argument(description="Only exchanges whose name contains this, in any case.")
]
Compared: TypeAlias = Annotated[
    list[str] | None,
    strawberry.argument(
        description=(
            "Names of the exchanges; all that have the symbol when left out, priced as ten: naming a few costs less."
        )
    ),
]
Name: TypeAlias = Annotated[str, strawberry.argument(description="Name of the exchange, for example binance.")]


@strawberry.type(description="Everything that can be read. No query waits for an exchange.")
class Query:
    @resolver("Whatever the id names: a coin, an exchange, a timeframe, a pair or a sync job.")
    async def node(self, info: Info, node_id: NodeId) -> Node | None:
        return await find_node(info.context.loaders, node_id)

    @resolver("Coins that some pair trades, by symbol.")
    async def coins(
        self, info: Info, search: CoinSearch = None, first: First = 50, after: After = None
    ) -> CoinConnection:
        page = entity_page(info.context.shared.lists, coins.listed(search), Coin.of, first, after)
        return CoinConnection(page=await page)

    @resolver("A coin by its symbol.")
    async def coin(self, symbol: CoinSymbol) -> Coin | None:
        found = await coins.find(symbol)
        return Coin.of(found) if found else None

    @resolver("The exchanges of this installation, by name.")
    async def exchanges(self, is_active: ActiveOnly = None, search: ExchangeSearch = None) -> list[Exchange]:
        return [Exchange.of(found) for found in await exchanges.listed(is_active=is_active, search=search)]

    @resolver("An exchange by its name.")
    async def exchange(self, name: Name) -> Exchange | None:
        found = await exchanges.find(name)
        return Exchange.of(found) if found else None

    @resolver("Timeframes that pairs can be collected at, shortest first.")
    async def timeframes(self) -> list[Timeframe]:
        return [Timeframe.of(found) for found in await timeframes.listed()]

    @resolver("Pairs, by exchange, symbol and length of the interval.")
    async def pairs(
        self, info: Info, wanted: FilterPairs = None, first: First = 50, after: After = None
    ) -> PairConnection:
        return await PairConnection.of(info.context, pair_filter(wanted), first, after)

    @resolver("A pair by what identifies it.")
    async def pair(self, exchange: ExchangeName, symbol: Symbol, interval: IntervalGiven) -> Pair | None:
        found = await pairs.find(exchange, symbol, interval.text)
        return Pair.of(found) if found else None

    @resolver("Closed candles with from <= timestamp < to, oldest first. Without from, first and last: the latest 500.")
    async def candles(
        self,
        info: Info,
        exchange: ExchangeName,
        symbol: Symbol,
        interval: IntervalGiven,
        start: From = None,
        end: To = None,
        first: FirstCandles = None,
        after: AfterCandle = None,
        last: LastCandles = None,
        before: BeforeCandle = None,
        fill: FillGiven = Fill.NONE,
    ) -> CandleConnection:
        request = page_request(start=start, end=end, first=first, after=after, last=last, before=before)
        source = await _source(info.context, MarketName(exchange, symbol), interval, fill)
        return CandleConnection.of(source, request, info.context)

    @resolver("The same candles as parallel columns of numbers, for charts.")
    async def series(
        self,
        info: Info,
        exchange: ExchangeName,
        symbol: Symbol,
        interval: IntervalGiven,
        start: From = None,
        end: To = None,
        limit: Limit = 500,
        fill: FillGiven = Fill.NONE,
    ) -> CandleSeries:
        source = await _source(info.context, MarketName(exchange, symbol), interval, fill)
        return CandleSeries.of(source, start, end, limit, info.context)

    @resolver("Candles of a symbol on several exchanges, side by side, and how far they are apart.")
    async def compare(
        self,
        info: Info,
        symbol: Symbol,
        interval: IntervalGiven,
        exchanges: Compared = None,
        start: From = None,
        end: To = None,
        limit: Slots = 500,
    ) -> Comparison:
        members = await cross_exchange.members(symbol, interval, exchanges)
        reading = paging.plan_series(start, end, limit, info.context.max_page_candles)
        asked = cross_exchange.aligned(list(members.values()), interval, reading, info.context.now)
        return await Comparison.of(list(members), asked)

    @resolver("Sync jobs, newest first.")
    async def sync_jobs(
        self, info: Info, wanted: FilterJobs = None, first: First = 50, after: After = None
    ) -> SyncJobConnection:
        return await SyncJobConnection.of(info.context, job_filter(wanted), first, after)

    @resolver("A sync job by its id.")
    async def sync_job(self, info: Info, job_id: NodeId) -> SyncJob | None:
        key = parse_id(job_id)
        found = await info.context.loaders.job.load(key) if key else None
        return SyncJob.of(found) if found else None

    @resolver(
        "Where this server has exports, which any number of candles may be downloaded from: a path to which .csv, "
        ".ndjson, .arrow or .parquet is added, and the arguments of candles. Without first and last all candles come."
    )
    def export_path(self, info: Info) -> str:
        return export_path(info.context.api_prefix)


async def _source(context: Context, market: MarketName, asked: Interval, fill: Fill) -> Source:
    return await history.source(context.find_series, market, asked, is_filled=fill.is_filled, now=context.now)
