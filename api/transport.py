"""GraphQL over HTTP, as its specification wants it and Strawberry does not do by itself."""

import json
from pathlib import Path
from typing import Any, Final, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from typing_extensions import override

from api.body import read_request
from api.context import Context
from api.errors import present, refusal
from api.media import RESPONSE_JSON, accepted
from api.schema import Schema
from api.state import request_id_of, state_of
from api.validation import AMBIGUOUS
from domain.errors import BadInputError

_PAGE: Final = Path(__file__).parent / "web" / "graphiql.html"

# Nothing from another host; GraphiQL's editor sets styles of its own.
_PAGE_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:"
)

_BY_GET: Final = {OperationType.QUERY}
_BY_POST: Final = {OperationType.QUERY, OperationType.MUTATION}


def encode(data: object) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:
        # Half of a surrogate pair in a text, or a number past 64 bits: slower, but it can.
        return json.dumps(data, separators=(",", ":")).encode()


class Endpoint(GraphQL[Context, None]):
    """`serves_page`: browsers get GraphiQL. `hides_suggestions`: errors do not say what else there is."""

    def __init__(self, schema: Schema, *, serves_page: bool, hides_suggestions: bool) -> None:
        super().__init__(schema, graphql_ide="graphiql" if serves_page else None)
        self._hides_suggestions = hides_suggestions

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self.run(request)
        except HTTPException as error:
            response = self._refused(request, error)
        await response(scope, receive, send)

    def _refused(self, request: Request, error: HTTPException) -> Response:
        answer = refusal(BadInputError.code, error.reason, request_id_of(request))
        headers = {"Allow": "GET, POST"} if error.status_code == 405 else None  # noqa: PLR2004
        return Response(encode(answer), error.status_code, headers, accepted(request.headers.get("accept", "")))

    @override
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        state = state_of(request)
        settings = state["settings"]
        limits = (settings.max_page_candles, settings.max_query_cost)
        return Context(state["queue"], state["clock"], *limits, request_id_of(request))

    @override
    def should_render_graphql_ide(self, request: Any) -> bool:
        wants_page = "text/html" in request.headers.get("accept", "")
        return bool(request.method == "GET" and wants_page and "query" not in request.query_params)

    @override
    async def render_graphql_ide(self, request: Request) -> Response:
        return FileResponse(_PAGE, headers={"Content-Security-Policy": _PAGE_POLICY})

    @override
    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        return await read_request(request)

    @override
    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData | list[GraphQLRequestData],
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult:
        asked = cast("GraphQLRequestData", request_data)
        is_get = request_adapter.method == "GET"
        try:
            return await self.schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=_BY_GET if is_get else _BY_POST,
                operation_extensions=asked.extensions,
            )
        except (CannotGetOperationTypeError, MissingQueryError) as error:
            raise HTTPException(400, AMBIGUOUS) from error
        except InvalidOperationTypeError as error:
            kind = error.operation_type.value
            raise HTTPException(405 if is_get else 400, f"A {kind} cannot be asked for this way.") from error

    @override
    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Without `data` where the operation never began."""
        errors = present(result.errors or [], request_id_of(request), hides_suggestions=self._hides_suggestions)
        answer = GraphQLHTTPResponse(errors=[error.formatted for error in errors]) if errors else GraphQLHTTPResponse()
        if result.data is not None or any(error.path for error in errors):
            answer["data"] = result.data
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer

    @override
    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        return Response(media_type=accepted(request.headers.get("accept", "")))

    @override
    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        media_type = sub_response.media_type
        is_refused = media_type == RESPONSE_JSON and "data" not in response_data
        return Response(encode(response_data), 400 if is_refused else 200, media_type=media_type)
