"""Coins: the base of a pair's symbol."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self, TypeAlias

import strawberry

from api.arguments import After, First, From, IntervalGiven, Slots, To
from api.context import Info
from api.fields import resolver
from api.types import pair
from api.types.connection import Connection
from api.types.node import Node
from api.types.pair_filter import FilterPairs, stored_filter
from api.types.weighted_series import WeightedSeries
from domain import cross_exchange, paging, records

if TYPE_CHECKING:
    from api.types.pair import PairConnection

Quote: TypeAlias = Annotated[str, strawberry.argument(description="What it is priced in, for example USDT.")]


@strawberry.type(description="A coin that some pair trades.")
class Coin(Node):
    symbol: str = strawberry.field(description="Unique, as exchanges write it, for example BTC.")
    name: str = strawberry.field(description="Its name, for example Bitcoin; the symbol until it is known.")
    coingecko_id: str | None = strawberry.field(description="Its id at CoinGecko, once it is known.")
    market_cap_rank: int | None = strawberry.field(description="Its rank by market capitalisation, 1 the largest.")
    image_url: str | None = strawberry.field(description="Where its picture is found.")
    created_at: datetime = strawberry.field(description="When it was first seen here.")
    updated_at: datetime = strawberry.field(description="When what is known about it last changed.")
    coin: strawberry.Private[records.Coin]

    @resolver("Pairs that trade it, by exchange, symbol and interval.")
    async def pairs(
        self, info: Info, wanted: FilterPairs = None, first: First = 50, after: After = None
    ) -> Annotated["PairConnection", strawberry.lazy("api.types.pair")]:
        return await pair.PairConnection.of(info.context, stored_filter(wanted, coin_id=self.coin.id), first, after)

    @resolver("One series over all exchanges that have it in this quote, weighted by volume.")
    async def series(
        self,
        info: Info,
        quote: Quote,
        interval: IntervalGiven,
        start: From = None,
        end: To = None,
        limit: Slots = 500,
    ) -> WeightedSeries:
        members = await cross_exchange.members(f"{self.symbol}/{quote}", interval)
        reading = paging.plan_series(start, end, limit, info.context.max_page_candles)
        asked = cross_exchange.aligned(list(members.values()), interval, reading, info.context.now)
        return await WeightedSeries.of(list(members), asked)

    @classmethod
    def of(cls, coin: records.Coin) -> Self:
        return cls(
            id=strawberry.ID(str(coin.id)),
            symbol=coin.symbol,
            name=coin.name,
            coingecko_id=coin.coingecko_id,
            market_cap_rank=coin.market_cap_rank,
            image_url=coin.image_url,
            created_at=coin.created_at,
            updated_at=coin.updated_at,
            coin=coin,
        )


@strawberry.type(description="A page of coins, by symbol.")
class CoinConnection(Connection[Coin]):
    pass
