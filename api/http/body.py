"""Reading a GraphQL request out of HTTP: strictly, so that nothing malformed gets any further."""

import json
from typing import Any, Final, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from api.execution.limits import MAX_BODY_BYTES
from api.execution.operations import GraphQLRequest

_JSON: Final = "application/json"
_TOO_LARGE: Final = HTTPException(413, f"A request may have {MAX_BODY_BYTES:,} bytes.")


def from_url(request: Request) -> GraphQLRequest:
    """HTTPException, with words for people, for anything but one well-formed GraphQL request."""
    data: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if data.get(name):
            data[name] = parse_json(data[name])
        else:
            data.pop(name, None)
    return request_of(data)


def from_body(body: bytes) -> GraphQLRequest:
    """HTTPException, with words for people, for anything but one well-formed GraphQL request."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise HTTPException(400, "The request is not valid UTF-8.") from None
    data = parse_json(text)
    if isinstance(data, list):
        raise HTTPException(400, "Send one operation a request; batches are not taken.")
    if not isinstance(data, dict):
        raise HTTPException(400, "The request must be a JSON object with a query.")
    return request_of(data)


async def read_body(request: Request) -> bytes:
    """HTTPException for what is not told to be JSON, and for more than MAX_BODY_BYTES, without keeping them.

    ClientDisconnect for who has gone.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        raise HTTPException(415, f"Send the request as {_JSON}.")
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > MAX_BODY_BYTES:
        raise _TOO_LARGE
    body, is_whole = b"", False
    while not is_whole:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            raise _TOO_LARGE
    return body


def request_of(data: dict[str, Any]) -> GraphQLRequest:
    """HTTPException, with words for people, for what is not well-formed."""
    _object("extensions", data.get("extensions"))
    return GraphQLRequest(
        query=_query(data.get("query")),
        variables=_object("variables", data.get("variables")),
        operation_name=_operation_name(data.get("operationName")),
    )


def parse_json(text: str) -> object:
    """HTTPException for what is no JSON, and for JSON that Python could not hold."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The request is not valid JSON.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _query(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise HTTPException(400, "The request must have a query, as text.")
    return value


def _operation_name(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise HTTPException(400, "operationName must be text, if it is given.")
    return value or None


def _object(name: str, value: object) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        raise HTTPException(400, f"{name} must be an object, if given.")
    return value
