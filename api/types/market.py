"""Markets: what an exchange lists."""

from datetime import datetime
from typing import Self

import strawberry

from api.types.connection import Connection
from domain import records


@strawberry.type(description="A symbol that an exchange lists, whether or not it is collected.")
class Market:
    symbol: str = strawberry.field(description="Unified CCXT symbol, for example BTC/USDT.")
    base: str = strawberry.field(description="What is traded, for example BTC.")
    quote: str = strawberry.field(description="What it is priced in, for example USDT.")
    is_active: bool = strawberry.field(description="Whether it is traded at present; false once it was delisted.")

    listed_at: datetime | None = strawberry.field(
        description="When it was listed, as the exchange says or as we first saw it; null where it was there before us."
    )
    delisted_at: datetime | None = strawberry.field(
        description="When it was first seen not to be traded any more; null while it is."
    )

    @classmethod
    def of(cls, market: records.Market) -> Self:
        return cls(
            symbol=market.symbol,
            base=market.base,
            quote=market.quote,
            is_active=market.is_active,
            listed_at=market.listed_at,
            delisted_at=market.delisted_at,
        )


@strawberry.type(description="A page of an exchange's markets, by symbol or by how well a search finds them.")
class MarketConnection(Connection[Market]):
    pass
