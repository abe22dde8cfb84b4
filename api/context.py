"""What resolvers are given, made anew for each request."""

from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry

from api.loaders import Loaders
from domain.clock import Clock
from domain.queue import Queue


@dataclass(frozen=True, slots=True)
class Context:
    """`max_page_candles` is the most candles that one list may hold."""

    queue: Queue
    clock: Clock
    max_page_candles: int
    request_id: str
    loaders: Loaders = field(default_factory=Loaders)


Info: TypeAlias = strawberry.Info[Context, None]
