"""GraphQL over HTTP, as its specification wants it."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from graphql import ExecutionResult, OperationType
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from api.context import Context
from api.errors import INTERNAL, internal_message, refusal
from api.execution.answer import answer_to, encode
from api.execution.operations import Operations, WrongOperationError
from api.execution.refusals import refused
from api.execution.time_limit import answered
from api.http.body import from_body, from_url, read_body
from api.http.media import RESPONSE_JSON, accepted
from api.http.pages import graphiql
from api.http.request_count import count_request
from api.http.request_id import HEADER, identify
from api.http.status import quota_headers, status_of_answer
from api.sharing.kept_answers import KeptAnswer
from api.state import caller_of, new_context, request_id_of, state_of
from domain.errors import BadInputError, RateLimitedError
from domain.telemetry.logs import is_about
from domain.telemetry.traces import Role, describe, span

_ID_HEADER: Final = HEADER.lower().encode()

_ALLOWED: Final = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}

_FOUND: Final = {"candelabra.cache": "answers"}

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`serves_page`: browsers get GraphiQL. `hides_schema`: errors name nothing that the client has not named."""

    operations: Operations
    serves_page: bool
    hides_schema: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = identify(scope)
        request = Request(scope, receive)
        with span(Role.REQUEST, "/graphql", {"candelabra.request_id": request_id}, request.headers):
            response = await self._answer(request, request_id)
            if response is None:
                return
            describe({"http.response.status_code": response.status_code})
        count_request(scope["path"], response.status_code)
        response.raw_headers.append((_ID_HEADER, request_id.encode()))
        await response(scope, receive, send)

    async def _answer(self, request: Request, request_id: str) -> Response | None:
        """None for who has gone."""
        try:
            return await self._response(request)
        except HTTPException as error:
            answer = refusal(BadInputError.code, error.detail, request_id)
            return Response(encode(answer), error.status_code, error.headers, _media_type(request))
        except ClientDisconnect:
            return None
        except Exception:  # noqa: BLE001  # a mistake of ours, and the client waits
            _log.exception("request %s failed", request_id)
            return JSONResponse(refusal(INTERNAL, internal_message(request_id), request_id), 500)

    async def _response(self, request: Request) -> Response:
        allowed = _ALLOWED.get(request.method)
        if allowed is None:
            raise _method_not_allowed("Ask by GET or POST.")
        if _wants_page(request):
            return self._page()
        context = new_context(state_of(request), request_id_of(request))
        try:
            result = await answered(self._result(request, context, allowed), context.max_query_seconds)
        except WrongOperationError as error:
            is_get = request.method == "GET" and error.kind is not None
            raise _method_not_allowed(str(error)) if is_get else HTTPException(400, str(error)) from error
        if isinstance(result, KeptAnswer):
            return Response(result.body, 200, quota_headers(context.balances), _media_type(request))
        answer = answer_to(result, context, hides_schema=self.hides_schema)
        media_type = _media_type(request)
        status, headers = status_of_answer(result, answer, is_strict=media_type == RESPONSE_JSON)
        body = encode(answer)
        if not result.errors:
            context.keep(body)
        return Response(body, status, headers | quota_headers(context.balances), media_type)

    async def _result(
        self, request: Request, context: Context, allowed: Collection[OperationType]
    ) -> ExecutionResult | KeptAnswer:
        try:
            context.caller = await caller_of(request)
            is_about(caller=context.caller.name)
            await context.count()
        except Exception as error:  # noqa: BLE001  # an outage is told as it is anywhere else
            return refused(error)
        if request.method == "GET":
            return await self.operations.run(from_url(request), context, allowed)
        context.asked = await read_body(request)
        return await _kept(context) or await self.operations.run(from_body(context.asked), context, allowed)

    def _page(self) -> Response:
        if not self.serves_page:
            raise HTTPException(404, "There is no page here; send a query.")
        return graphiql()


async def _kept(context: Context) -> KeptAnswer | ExecutionResult | None:
    """The answer as it was kept, or why there is none for this caller now."""
    began_at = perf_counter()
    kept = await context.shared.answers.find(context.asked)
    if kept:
        describe(_FOUND)
        context.cost = kept.cost
        try:
            await context.spend()
        except RateLimitedError as error:
            return refused(error)
        kept.meter.read(began_at, kept.cost)
    return kept


def _wants_page(request: Request) -> bool:
    is_bare = request.method == "GET" and "query" not in request.query_params
    return is_bare and "text/html" in request.headers.get("accept", "")


def _media_type(request: Request) -> str:
    return accepted(request.headers.get("accept", ""))


def _method_not_allowed(detail: str) -> HTTPException:
    return HTTPException(405, detail, {"Allow": "GET, POST"})
