"""How HTTP tells those who were not let in, and everyone else what they may still ask for.

Quotas: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers.
"""

from collections.abc import Sequence

from graphql import ExecutionResult, GraphQLError

from domain.access.rate_limits import Balance
from domain.errors import RateLimitedError, UnauthenticatedError


def refused(error: Exception) -> ExecutionResult:
    """The result of an operation that did not begin."""
    return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])


def status_of(result: ExecutionResult) -> tuple[int, dict[str, str]] | None:
    """Status and headers of an answer to who was turned away; None for all others."""
    cause = result.errors[0].original_error if result.errors and result.data is None else None
    if isinstance(cause, UnauthenticatedError):
        return 401, {"WWW-Authenticate": "Bearer"}
    if isinstance(cause, RateLimitedError):
        return 429, {"Retry-After": str(cause.retry_after)}
    return None


def quota_headers(balances: Sequence[Balance]) -> dict[str, str]:
    """Of what has been counted."""
    if not balances:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{item.quota.name}";q={item.quota.limit};w=60' for item in balances),
        "RateLimit": ", ".join(f'"{item.quota.name}";r={item.left}' for item in balances),
    }
