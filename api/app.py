"""The root of the API: opens what requests need, and puts the routes together."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from api.errors import INTERNAL, internal_message, refusal
from api.execution.limits import MAX_BODY_BYTES
from api.export_room import ExportRoom
from api.exports.endpoint import export_routes
from api.http.assets import asset_routes
from api.http.health import healthz, readyz
from api.http.metrics import metrics
from api.http.origins import guarded
from api.http.pages import dashboard
from api.http.request_count import CountedRequests
from api.http.request_id import HEADER, RequestIds
from api.http.transport import Endpoint
from api.memory import memory_given_back
from api.observer import Observer
from api.schema import build_operations
from api.shared import Shared
from api.sharing.batches import Batches
from api.socket.endpoint import SocketEndpoint
from api.state import State, request_id_of
from api.udf.endpoint import udf_routes
from domain.access.authenticator import Authenticator
from domain.access.key_ring import KeyRing
from domain.clock import Clock
from domain.collection import start_demo
from domain.database import database
from domain.exchanges_file import configured_exchanges
from domain.live.feed import Feed
from domain.migrate import require_current
from domain.process_metrics import watched
from domain.queue import Queue, redis, require_admission
from domain.seed import seed
from domain.settings import Seed, Settings, SettingsError
from domain.startup import retry_until_reachable
from domain.storage import api_keys, server
from domain.telemetry.exposition import listening, require_port
from domain.telemetry.metrics import announce

GRAPHQL_PATH: Final = "/graphql"

# Seconds that a request waits for a connection; with more in line than that, it is better refused than late.
_POOL_SECONDS: Final = 0.3


def create_app(settings: Settings, clock: Clock) -> ASGIApp:
    """Nothing is opened before the application starts."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        await retry_until_reachable(lambda: check(settings))
        announce(exchange.name for exchange in configured_exchanges(settings))
        async with (
            database(settings, pool_seconds=_POOL_SECONDS),
            redis(settings.redis_url) as client,
            Feed(client, clock).running() as live,
            watched("api"),
            memory_given_back(),
        ):
            loop, observer = asyncio.get_running_loop(), Observer(client, clock)
            queue = Queue(client, clock)
            keys = KeyRing(Batches(api_keys.by_prefixes).load, clock)
            await retry_until_reachable(lambda: _prepare(settings, queue, clock))
            database_id = await retry_until_reachable(server.identity)
            with listening(settings, lambda: observer.look_from(loop)):
                yield State(
                    settings=settings,
                    clock=clock,
                    redis=client,
                    queue=queue,
                    shared=Shared.of(client, database_id, settings.page_cache_bytes),
                    live=live,
                    observer=observer,
                    authenticator=Authenticator.of(settings, client, keys),
                    exports=ExportRoom(settings.max_exports, settings.db_pool_size),
                )

    app = without_detour(_graphql(is_open=not settings.is_production), _routed(lifespan, settings))
    return guarded(app, settings)


def _graphql(*, is_open: bool) -> dict[str, ASGIApp]:
    """By the type of the connection."""
    operations = build_operations(allows_introspection=is_open)
    return {
        "http": Endpoint(operations, serves_page=is_open, hides_schema=not is_open),
        "websocket": SocketEndpoint(operations, hides_schema=not is_open),
    }


def _routed(lifespan: Lifespan[Starlette], settings: Settings) -> Starlette:
    """Everything but GraphQL."""
    plain = [
        Route("/", dashboard),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        *([] if settings.requires_key else [Route("/metrics", metrics)]),
        *export_routes(settings.api_prefix),
        *udf_routes(settings.api_prefix),
    ]
    app = Starlette(
        routes=[*plain, *asset_routes(serves_graphiql=not settings.is_production)],
        # The id first, so that it is also on the answer to a body that is too large.
        middleware=[
            Middleware(RequestIds),
            Middleware(CountedRequests, paths=[GRAPHQL_PATH, *_paths(plain)]),
            Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
        ],
        exception_handlers={Exception: _internal_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _paths(routes: Sequence[Route]) -> list[str]:
    """Those that are a single one."""
    return [route.path for route in routes if not route.param_convertors]


def without_detour(graphql: Mapping[str, ASGIApp], routed: ASGIApp) -> ASGIApp:
    """Routes and middleware would take a tenth of the time of a request for candles."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope["type"] in graphql and scope["path"] == GRAPHQL_PATH
        await (graphql[scope["type"]] if is_graphql else routed)(scope, receive, send)

    return app


async def _prepare(settings: Settings, queue: Queue, clock: Clock) -> None:
    await seed(settings, decides=False)
    if settings.seed is Seed.DEMO and not settings.is_production:
        await start_demo(queue, clock)


async def _require_keys(settings: Settings) -> None:
    """Production may wait for its first key; a development server that others can reach may not."""
    if not settings.requires_key or settings.is_production:
        return
    async with database(settings):
        if not await api_keys.exist():
            raise SettingsError(
                f"HOST={settings.host} can be reached by others, and there is no API key to tell who they are: "
                "run with HOST=127.0.0.1, make one with `make apikey NAME=… SCOPES=read,sync,admin`, and start again."
            )


async def check(settings: Settings) -> None:
    """Raises SettingsError, a sentence for people, where the process must not start."""
    configured_exchanges(settings)
    require_port(settings)
    await require_current(settings)
    await require_admission(settings.redis_url)
    await _require_keys(settings)


async def _internal_error(request: Request, _: Exception) -> JSONResponse:
    """For what no other place has caught; the server logs it."""
    request_id = request_id_of(request)
    return JSONResponse(
        refusal(INTERNAL, internal_message(request_id), request_id), status_code=500, headers={HEADER: request_id}
    )
