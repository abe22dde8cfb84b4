"""What can be followed: each field is arguments, one stream of news, a view."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from api.arguments import ExchangeName, IntervalGiven, NodeId, Symbol
from api.context import Context, Info
from api.execution.source import Told, as_field
from api.fields import subscription
from api.types.candle_event import CandleEvent
from api.types.job import SyncJob
from api.types.node import required_id
from domain import history
from domain.interval import Interval
from domain.storage.series import MarketName

Since: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(description="Begins with the candles that open at this instant or later and are stored."),
]


@strawberry.type(description="Everything that can be followed, over WebSocket. What is missed is told later.")
class Subscription:
    @subscription("The job as it is now, then at each change, until it has ended.")
    def sync_job(self, info: Info, job_id: NodeId) -> AsyncGenerator[SyncJob, None]:
        return as_field(_job(info.context, job_id), SyncJob)

    @subscription(
        "First what was stored since `since`, then every candle as it closes or is revised. A resampled candle closes "
        "when the last of its slots is known."
    )
    def candles(
        self, info: Info, exchange: ExchangeName, symbol: Symbol, interval: IntervalGiven, since: Since = None
    ) -> AsyncGenerator[CandleEvent, None]:
        market = MarketName(exchange, symbol)
        return as_field(_candles(info.context, market, interval, since), CandleEvent)


async def _job(context: Context, job_id: strawberry.ID) -> AsyncIterator[Told]:
    async with aclosing(context.live.job(required_id(job_id, "sync job", "syncJobs"))) as events:
        async for news in events:
            yield Told.of(news, SyncJob.of(news.content))


async def _candles(
    context: Context, market: MarketName, interval: Interval, since: datetime | None
) -> AsyncIterator[Told]:
    source = await history.source(context.shared.series.load, market, interval, is_filled=False, now=context.now)
    async with aclosing(context.live.candles(source, since)) as events:
        async for news in events:
            yield Told.of(news, CandleEvent.of(news.content))
