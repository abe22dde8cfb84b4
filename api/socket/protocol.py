"""Messages of `graphql-transport-ws`: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from starlette.exceptions import HTTPException

from api.execution.operations import GraphQLRequest
from api.http.body import parse_json, request_of

SUBPROTOCOL: Final = "graphql-transport-ws"

# Operations are known by ids of their client's own making; most are UUIDs.
_LONGEST_ID: Final = 255


class ClosingError(Exception):
    """The connection is to be closed with a code of the protocol and a reason, for people, of at most 123 bytes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def bad_message(reason: str) -> ClosingError:
    return ClosingError(4400, reason)


class Kind(StrEnum):
    CONNECTION_INIT = "connection_init"
    PING = "ping"
    PONG = "pong"
    SUBSCRIBE = "subscribe"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sends; `id`, `request` and `authorization` where its kind has them."""

    kind: Kind
    id: str = ""
    request: GraphQLRequest | None = None
    authorization: str | None = None


def parse(text: str | None) -> Message:
    """Raises ClosingError for anything but a well-formed message."""
    if text is None:
        raise bad_message("Messages are text frames.")
    try:
        data = parse_json(text)
    except HTTPException:
        raise bad_message("A message must be JSON.") from None
    if not isinstance(data, dict):
        raise bad_message("A message must be a JSON object.")
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in set(Kind):
        raise bad_message("A message's type must be one of graphql-transport-ws.")
    return _message(Kind(kind), data)


def _message(kind: Kind, data: dict[str, Any]) -> Message:
    payload = data.get("payload")
    if kind is Kind.COMPLETE:
        return Message(kind, _id(data))
    if kind is not Kind.SUBSCRIBE:
        if payload is not None and not isinstance(payload, dict):
            raise bad_message(f"The payload of {kind} must be an object, if given.")
        return Message(kind, authorization=_authorization(payload or {}))
    if not isinstance(payload, dict):
        raise bad_message("The payload of subscribe must be an object with a query.")
    try:
        return Message(kind, _id(data), request_of(payload))
    except HTTPException as error:
        raise bad_message(error.detail) from None


def _authorization(payload: dict[str, Any]) -> str | None:
    """As the header of HTTP, whose name has no case."""
    found = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
    if found is not None and not isinstance(found, str):
        raise bad_message("The authorization of connection_init must be text.")
    return found


def _id(data: dict[str, Any]) -> str:
    name = data.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_ID:
        raise bad_message(f"A message's id must be text of 1 to {_LONGEST_ID} characters.")
    return name
