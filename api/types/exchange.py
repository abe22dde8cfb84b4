"""Exchanges of this installation."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self, TypeAlias

import strawberry

from api.arguments import After, First
from api.context import Info
from api.fields import resolver
from api.types import pair
from api.types.connection import entity_page
from api.types.market import Market, MarketConnection
from api.types.node import Node
from api.types.pair_filter import FilterPairs, stored_filter
from domain import records
from domain.interval import Interval, interval
from domain.storage import markets
from domain.storage.markets import MarketFilter

if TYPE_CHECKING:
    from api.types.pair import PairConnection

Search: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Only symbols that contain this, in any case, with or without the slash; the coin or symbol itself first, "
            "then what begins with it."
        )
    ),
]
Base: TypeAlias = Annotated[str | None, strawberry.argument(description="Only markets of this coin, for example BTC.")]
Quote: TypeAlias = Annotated[
    str | None, strawberry.argument(description="Only markets priced in this, for example USDT.")
]
Traded: TypeAlias = Annotated[
    bool | None, strawberry.argument(description="Only markets that are, or are not, traded now.")
]


@strawberry.type(description="An exchange that candles are collected from.")
class Exchange(Node):
    name: str = strawberry.field(description="Unique name in this installation, for example binance.")
    adapter: str = strawberry.field(description="The CCXT exchange id that serves it.")
    is_active: bool = strawberry.field(description="Whether it is asked for candles at all.")
    is_configured: bool = strawberry.field(
        description="Whether the exchanges file still names it; else only what is stored is served."
    )
    intervals: list[Interval] = strawberry.field(
        description="What CCXT says it serves, once its markets were loaded; else what is configured."
    )
    rate_limit: int = strawberry.field(description="Milliseconds between requests.")
    timeout: int = strawberry.field(description="Milliseconds before a request is given up.")
    markets_refreshed_at: datetime | None = strawberry.field(description="When its market list was last loaded.")
    created_at: datetime = strawberry.field(description="When it was first configured here.")
    updated_at: datetime = strawberry.field(description="When its configuration or market list last changed.")
    exchange: strawberry.Private[records.Exchange]

    @resolver("What it lists, by symbol or as a search finds it; empty until its markets were loaded.")
    async def markets(
        self,
        info: Info,
        search: Search = None,
        base: Base = None,
        quote: Quote = None,
        is_active: Traded = None,
        first: First = 50,
        after: After = None,
    ) -> MarketConnection:
        listed = markets.listed(self.exchange.id, search, MarketFilter(base, quote, is_active))
        return MarketConnection(page=await entity_page(info.context.shared.lists, listed, Market.of, first, after))

    @resolver("Its pairs, by symbol and interval.")
    async def pairs(
        self, info: Info, wanted: FilterPairs = None, first: First = 50, after: After = None
    ) -> Annotated["PairConnection", strawberry.lazy("api.types.pair")]:
        return await pair.PairConnection.of(
            info.context, stored_filter(wanted, exchange_id=self.exchange.id), first, after
        )

    @classmethod
    def of(cls, exchange: records.Exchange) -> Self:
        return cls(
            id=strawberry.ID(str(exchange.id)),
            name=exchange.name,
            adapter=exchange.adapter,
            is_active=exchange.is_active,
            is_configured=exchange.is_configured,
            intervals=[interval(text) for text in exchange.intervals],
            rate_limit=exchange.rate_limit,
            timeout=exchange.timeout,
            markets_refreshed_at=exchange.markets_refreshed_at,
            created_at=exchange.created_at,
            updated_at=exchange.updated_at,
            exchange=exchange,
        )
