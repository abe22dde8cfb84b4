"""What resolvers are given, made anew for each request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import strawberry

from api.loaders import Loaders
from api.metering import Meter
from api.shared import Shared
from api.sharing.kept_answers import KeptAnswer
from domain.access.caller import NOBODY, Caller
from domain.access.rate_limits import Balance, RateLimits
from domain.clock import Clock
from domain.live.feed import Feed
from domain.queue import Queue
from domain.storage.series import MarketName, Series


@dataclass(slots=True)
class Context:
    """`max_page_candles` is the most candles that one list may hold; `cost` is known once the query is.

    `api_prefix` begins the paths of plain HTTP.

    `now` is one instant for all of a request. `shared`, `live` and `limits` are those of the process, `balances` are
    what is left of the caller's quotas, where anything is limited.

    `asked` is the body of the request, where it has one. `repeatable` counts the operation, where its answer depends on
    the candles of the series that were looked up alone; `has_read_pages` tells whether any of them had to be read.

    `outages` are what fields met, by the identity of their node in the document.
    """

    queue: Queue
    clock: Clock
    max_page_candles: int
    max_query_cost: int
    max_query_seconds: float
    api_prefix: str
    request_id: str
    shared: Shared
    live: Feed
    caller: Caller = NOBODY
    limits: RateLimits | None = None
    balances: list[Balance] = field(default_factory=list)
    cost: int | None = None
    asked: bytes = b""
    repeatable: Meter | None = None
    looked_up: dict[MarketName, Sequence[Series] | None] = field(default_factory=dict)
    has_read_pages: bool = False
    outages: dict[int, Exception] = field(default_factory=dict)
    now: datetime = field(init=False)
    loaders: Loaders = field(default_factory=Loaders)

    def __post_init__(self) -> None:
        self.now = self.clock()

    async def find_series(self, market: MarketName) -> Sequence[Series] | None:
        found = self.looked_up[market] = await self.shared.series.load(market)
        return found

    def keep(self, body: bytes) -> None:
        """For who asks the same again, as soon as it is asked for often enough that its pages need not be read."""
        if self.repeatable and self.asked and not self.has_read_pages:
            self.shared.answers.keep(self.asked, KeptAnswer(body, self.cost, self.repeatable, self.looked_up))

    async def count(self) -> None:
        """One request more. Raises RateLimitedError."""
        if self.limits:
            self.balances.append(await self.limits.count(self.caller.name))

    async def spend(self) -> None:
        """What the request costs. Raises RateLimitedError."""
        if self.limits and self.cost:
            self.balances.append(await self.limits.spend(self.caller.name, self.cost))


Info: TypeAlias = strawberry.Info[Context, None]
