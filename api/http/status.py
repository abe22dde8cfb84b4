"""What status and headers of HTTP tell: whose fault it is that there is no answer, and what may still be asked for.

Quotas: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import ExecutionResult

from api.errors import INTERNAL
from domain.access.rate_limits import Balance
from domain.errors import (
    BadInputError,
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    QueryTooCostlyError,
    RateLimitedError,
    TimedOutError,
    UnauthenticatedError,
    UnavailableError,
)

_STATUS: Final = {
    BadInputError.code: 400,
    QueryTooCostlyError.code: 400,
    UnauthenticatedError.code: 401,
    ForbiddenError.code: 403,
    NotFoundError.code: 404,
    RateLimitedError.code: 429,
    INTERNAL: 500,
    OverloadedError.code: 503,
    UnavailableError.code: 503,
    TimedOutError.code: 504,
}

# Told whatever the media type; all else that never ran is told by the status to who reads GraphQL's own alone.
_ALWAYS_TOLD: Final = {UnauthenticatedError.code, RateLimitedError.code}

_RETRY_SECONDS: Final = 1  # where more than time decides


def status_of(code: str, error: Exception | None) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer that is nothing but a refusal."""
    status = _STATUS.get(code, 500)
    if isinstance(error, UnauthenticatedError):
        return status, {"WWW-Authenticate": "Bearer"}
    wait = _RETRY_SECONDS if status == _STATUS[UnavailableError.code] else None
    if isinstance(error, RateLimitedError):
        wait = error.retry_after
    return status, {} if wait is None else {"Retry-After": str(wait)}


def status_of_answer(
    result: ExecutionResult, answer: Mapping[str, Any], *, is_strict: bool
) -> tuple[int, dict[str, str]]:
    """The same of any answer; strict for who reads GraphQL's own media type, by whose status clients can go."""
    if "data" in answer or not result.errors:
        return 200, {}
    code = answer["errors"][0]["extensions"]["code"]
    return status_of(code, result.errors[0].original_error) if is_strict or code in _ALWAYS_TOLD else (200, {})


def quota_headers(balances: Sequence[Balance]) -> dict[str, str]:
    """Of what has been counted."""
    if not balances:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{item.quota.name}";q={item.quota.limit};w=60' for item in balances),
        "RateLimit": ", ".join(f'"{item.quota.name}";r={item.left}' for item in balances),
    }
