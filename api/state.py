"""What the process has opened, and each request can reach."""

from typing import TypedDict, cast

from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from api.context import SeriesBatches
from api.latest_candles import LatestCandles
from api.page_cache import PageCache
from domain.clock import Clock
from domain.queue import Queue
from domain.settings import Settings


class State(TypedDict):
    settings: Settings
    clock: Clock
    redis: Redis
    queue: Queue
    series: SeriesBatches
    pages: PageCache
    latest: LatestCandles


def state_of(connection: HTTPConnection) -> State:
    return cast("State", connection.scope["state"])


def request_id_of(connection: HTTPConnection) -> str:
    return str(connection.scope["state"]["request_id"])
