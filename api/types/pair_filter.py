"""Choosing pairs."""

from enum import Enum
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from domain import models
from domain.interval import Interval
from domain.storage import pairs


@strawberry.enum(description="How a pair's collection stands.")
class PairStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="Added, but nothing has been collected yet.")
    SYNCING = strawberry.enum_value("SYNCING", description="A job is at work on it, and it was not complete before.")
    SYNCED = strawberry.enum_value(
        "SYNCED", description="Its newest closed candle is stored; coverage tells how far back its candles go."
    )
    STALE = strawberry.enum_value("STALE", description="Newer candles have closed than it knows of.")
    FAILED = strawberry.enum_value("FAILED", description="Its last job failed; what was stored before stays.")


@strawberry.input(description="What pairs must match; every field that is left out or null matches all.")
class PairFilter:
    exchange: str | None = strawberry.field(default=None, description="Name of the exchange.")
    symbol: str | None = strawberry.field(default=None, description="Unified CCXT symbol, for example BTC/USDT.")
    coin: str | None = strawberry.field(default=None, description="Symbol of the coin, for example BTC.")
    interval: Interval | None = strawberry.field(default=None, description="Interval of the candles.")
    is_active: bool | None = strawberry.field(default=None, description="Whether the schedule collects it.")
    status: PairStatus | None = strawberry.field(default=None, description="How its collection stands.")


FilterPairs: TypeAlias = Annotated[
    PairFilter | None, strawberry.argument(name="filter", description="Only pairs that match.")
]


def stored_filter(
    wanted: PairFilter | None, *, coin_id: UUID | None = None, exchange_id: UUID | None = None
) -> pairs.PairFilter:
    wanted = wanted or PairFilter()
    return pairs.PairFilter(
        exchange=wanted.exchange,
        symbol=wanted.symbol,
        coin=wanted.coin,
        interval=wanted.interval.text if wanted.interval else None,
        is_active=wanted.is_active,
        status=models.PairStatus[wanted.status.name] if wanted.status else None,
        exchange_id=exchange_id,
        coin_id=coin_id,
    )
