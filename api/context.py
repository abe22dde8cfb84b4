"""What resolvers are given, made anew for each request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import strawberry

from api.batches import Batches
from api.latest_candles import LatestCandles
from api.loaders import Loaders
from api.page_cache import PageCache
from domain.clock import Clock
from domain.live.feed import Feed
from domain.queue import Queue
from domain.storage.series import MarketName, Series

SeriesBatches: TypeAlias = Batches[MarketName, list[Series]]


@dataclass(slots=True)
class Context:
    """`max_page_candles` is the most candles that one list may hold; `cost` is known once the query is.

    `now` is one instant for all of a request. `series`, `pages`, `latest` and `live` are those of the process.
    """

    queue: Queue
    clock: Clock
    max_page_candles: int
    max_query_cost: int
    request_id: str
    series: SeriesBatches
    pages: PageCache
    latest: LatestCandles
    live: Feed
    cost: int | None = None
    now: datetime = field(init=False)
    loaders: Loaders = field(default_factory=Loaders)

    def __post_init__(self) -> None:
        self.now = self.clock()


Info: TypeAlias = strawberry.Info[Context, None]
