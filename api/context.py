"""What resolvers are given, made anew for each request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import strawberry

from api.batches import Batches
from api.latest_candles import LatestCandles
from api.loaders import Loaders
from api.page_cache import PageCache
from api.page_loader import PageLoader
from domain.access.caller import NOBODY, Caller
from domain.access.rate_limits import Balance, RateLimits
from domain.clock import Clock
from domain.live.feed import Feed
from domain.queue import Queue
from domain.storage.series import MarketName, Series

SeriesBatches: TypeAlias = Batches[MarketName, list[Series]]


@dataclass(slots=True)
class Context:
    """`max_page_candles` is the most candles that one list may hold; `cost` is known once the query is.

    `now` is one instant for all of a request. `series`, `pages`, `small_pages`, `latest`, `live` and `limits` are those
    of the process, `balances` are what is left of the caller's quotas, where anything is limited.
    """

    queue: Queue
    clock: Clock
    max_page_candles: int
    max_query_cost: int
    request_id: str
    series: SeriesBatches
    pages: PageCache
    small_pages: PageLoader
    latest: LatestCandles
    live: Feed
    caller: Caller = NOBODY
    limits: RateLimits | None = None
    balances: list[Balance] = field(default_factory=list)
    cost: int | None = None
    now: datetime = field(init=False)
    loaders: Loaders = field(default_factory=Loaders)

    def __post_init__(self) -> None:
        self.now = self.clock()

    async def count(self) -> None:
        """One request more. Raises RateLimitedError."""
        if self.limits:
            self.balances.append(await self.limits.count(self.caller.name))

    async def spend(self) -> None:
        """What the request costs. Raises RateLimitedError."""
        if self.limits and self.cost:
            self.balances.append(await self.limits.spend(self.caller.name, self.cost))


Info: TypeAlias = strawberry.Info[Context, None]
