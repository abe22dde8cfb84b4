"""What clients are told when something goes wrong: a code for programs, words for people, and nothing internal."""

import logging
from collections.abc import Iterable
from typing import Any, Final

import asyncpg
from graphql import GraphQLError

from api.discretion import discreet
from domain.errors import BadInputError, DomainError, RateLimitedError, TimedOutError, UnavailableError
from domain.outage import is_outage
from domain.telemetry.metrics import GRAPHQL_ERRORS

INTERNAL: Final = "INTERNAL"

# What GraphQL's own errors repeat of a request can be as long as the request.
_SHOWN_LENGTH: Final = 1_000
_SHOWN_PLACES: Final = 10

_log: Final = logging.getLogger(__name__)


def present(errors: Iterable[GraphQLError], request_id: str, *, hides_schema: bool) -> list[GraphQLError]:
    """The errors as clients may see them; what is not theirs to know is logged under the request's id, once."""
    logged = set[int]()
    presented = []
    for error in errors:
        cause = error.original_error
        if not _is_told(error) and id(cause) not in logged:
            logged.add(id(cause))
            record(cause or error, request_id, error.path)
        presented.append(_presented(error, request_id, hides_schema=hides_schema))
    return presented


def refusal(code: str, message: str, request_id: str) -> dict[str, Any]:
    """The answer to a request that never became an operation."""
    extensions = {"code": code, **({"requestId": request_id} if code == INTERNAL else {})}
    return {"errors": [{"message": message, "extensions": extensions}]}


def internal_message(request_id: str) -> str:
    return f"Something went wrong on our side. It was logged as request {request_id}."


def _is_told(error: GraphQLError) -> bool:
    """Whether the error says what the client did: parsing, validation, coercion, or a refusal of ours."""
    cause = error.original_error
    if isinstance(cause, GraphQLError):
        # Values of ours that a scalar cannot serialize have a path, but no place in the document of their own.
        return error.path is None or bool(cause.nodes)
    return cause is None or isinstance(cause, DomainError)


def _presented(error: GraphQLError, request_id: str, *, hides_schema: bool) -> GraphQLError:
    code, message = _told(error, request_id)
    GRAPHQL_ERRORS.labels(code).inc()
    if hides_schema and _is_told(error) and message != str(error.original_error):  # in words of graphql-core's
        message = discreet(message)
    extensions = {"code": code, **_more(error, code, request_id)}
    shown = message if len(message) <= _SHOWN_LENGTH else message[:_SHOWN_LENGTH] + "…"
    if error.nodes:
        return GraphQLError(shown, error.nodes[:_SHOWN_PLACES], path=error.path, extensions=extensions)
    return GraphQLError(shown, None, error.source, error.positions, error.path, extensions=extensions)


def _more(error: GraphQLError, code: str, request_id: str) -> dict[str, Any]:
    """What there is to know about an error besides its code."""
    cause = error.original_error
    if isinstance(cause, RateLimitedError) and cause.retry_after is not None:
        return {"retryAfter": cause.retry_after}
    return {"requestId": request_id} if code == INTERNAL else {}


def _told(error: GraphQLError, request_id: str) -> tuple[str, str]:
    cause = error.original_error
    if isinstance(cause, DomainError):
        return cause.code, error.message
    if _is_told(error):
        return BadInputError.code, error.message
    return told(cause or error, request_id)


def told(cause: Exception, request_id: str) -> tuple[str, str]:
    """Code and words for whatever was raised."""
    if isinstance(cause, DomainError):
        return cause.code, str(cause)
    if isinstance(cause, asyncpg.QueryCanceledError):
        return TimedOutError.code, "The database took too long for this and ended it; ask for less at once."
    if is_outage(cause):
        return UnavailableError.code, "The database or the job queue is out of reach; try again in a moment."
    return INTERNAL, internal_message(request_id)


def record(cause: Exception, request_id: str, place: object) -> None:
    """Logs what is not for clients to know; `place` is where in the request it came up."""
    if isinstance(cause, DomainError):
        return
    if is_outage(cause):
        _log.warning("request %s met an outage: %s: %s", request_id, type(cause).__name__, cause)
    else:
        _log.error("request %s failed at %s", request_id, place, exc_info=cause)
