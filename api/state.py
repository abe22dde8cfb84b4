"""What the process has opened, and each request can reach."""

from typing import TypedDict, cast

from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from api.context import Context
from api.export_room import ExportRoom
from api.observer import Observer
from api.shared import Shared
from domain.access.address import counted_as
from domain.access.authenticator import Authenticator
from domain.access.caller import NOBODY, Caller
from domain.clock import Clock
from domain.live.feed import Feed
from domain.queue import Queue
from domain.settings import Settings


class State(TypedDict):
    settings: Settings
    clock: Clock
    redis: Redis
    queue: Queue
    shared: Shared
    live: Feed
    observer: Observer
    authenticator: Authenticator
    exports: ExportRoom


def state_of(connection: HTTPConnection) -> State:
    return cast("State", connection.scope["state"])


def request_id_of(connection: HTTPConnection) -> str:
    return str(connection.scope["state"]["request_id"])


def address_of(connection: HTTPConnection) -> str:
    """What limits count who is connected as; what a client says of its own address counts for nothing."""
    return counted_as(connection.client.host) if connection.client else ""


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who asks, by the key among its headers. Raises UnauthenticatedError and RateLimitedError."""
    authorization = connection.headers.get("authorization")
    return await state_of(connection)["authenticator"].authenticate(authorization, address_of(connection))


def new_context(state: State, request_id: str, caller: Caller = NOBODY) -> Context:
    """For one request, or for one event of a subscription."""
    settings = state["settings"]
    return Context(
        state["queue"],
        state["clock"],
        settings.max_page_candles,
        settings.max_query_cost,
        settings.max_query_seconds,
        settings.api_prefix,
        request_id,
        state["shared"],
        state["live"],
        caller,
        state["authenticator"].limits,
    )
