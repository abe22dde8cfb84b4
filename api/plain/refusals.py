"""How plain HTTP tells why there is no answer."""

from dataclasses import dataclass, field
from typing import Any, Final

from api.errors import INTERNAL, refusal, told
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

_RETRY_SECONDS: Final = 1  # where more than time decides


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` and `message` as GraphQL has them."""

    code: str
    message: str
    request_id: str
    status: int
    retry_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: Exception, request_id: str) -> "Refusal":
        code, message = told(error, request_id)
        status, headers, retry_after = _STATUS.get(code, 500), dict[str, str](), None
        if isinstance(error, UnauthenticatedError):
            headers["WWW-Authenticate"] = "Bearer"
        elif isinstance(error, RateLimitedError):
            retry_after = error.retry_after
        elif status == _STATUS[OverloadedError.code]:
            retry_after = _RETRY_SECONDS
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return cls(code, message, request_id, status, retry_after, headers)

    @property
    def graphql(self) -> dict[str, Any]:
        """As an answer of GraphQL has it."""
        answer = refusal(self.code, self.message, self.request_id)
        if self.code == RateLimitedError.code:
            answer["errors"][0]["extensions"]["retryAfter"] = self.retry_after
        return answer
