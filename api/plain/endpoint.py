"""Plain HTTP beside GraphQL: the same keys, the same limits, and an answer to every request."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from api.context import Context
from api.errors import record
from api.execution.time_limit import in_time
from api.http.status import quota_headers
from api.plain.refusals import Refusal
from api.state import caller_of, new_context, request_id_of, state_of
from domain.access.caller import Caller
from domain.errors import BadInputError
from domain.scope import Scope as AccessScope
from domain.telemetry.logs import is_about
from domain.telemetry.traces import Role, describe, span


@dataclass(frozen=True, slots=True)
class PlainEndpoint:
    """`answer` may raise anything; `shape` is how a refusal looks. Where it `takes_its_time`, nobody ends it."""

    answer: Callable[[Request, Context], Awaitable[Response]]
    shape: Callable[[Refusal], dict[str, Any]]
    takes_its_time: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        identity = {"candelabra.request_id": request_id_of(request)}
        with span(Role.REQUEST, request.url.path, identity, request.headers):
            response = await self._response(request) if request.method == "GET" else self._not_allowed(request)
            describe({"http.response.status_code": response.status_code})
            await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        request_id = request_id_of(request)
        context = new_context(state_of(request), request_id)
        seconds = math.inf if self.takes_its_time else context.max_query_seconds
        try:
            response = await in_time(self._admitted(request, context), seconds)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client waits
            record(error, request_id, request.url.path)
            refusal = Refusal.of(error, request_id)
            response = JSONResponse(self.shape(refusal), refusal.status, refusal.headers)
        response.headers.update(quota_headers(context.balances))
        return response

    def _not_allowed(self, request: Request) -> Response:
        refusal = Refusal(BadInputError.code, "Ask by GET.", request_id_of(request), 405)
        return JSONResponse(self.shape(refusal), refusal.status, {"Allow": "GET"})

    async def _admitted(self, request: Request, context: Context) -> Response:
        context.caller = await admitted(request)
        is_about(caller=context.caller.name)
        await context.count()
        return await self.answer(request, context)


async def admitted(request: Request) -> Caller:
    """Raises UnauthenticatedError, ForbiddenError and RateLimitedError."""
    caller = await caller_of(request)
    caller.require(AccessScope.READ)
    return caller
