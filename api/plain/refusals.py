"""How plain HTTP tells why there is no answer."""

from dataclasses import dataclass, field
from typing import Any

from api.errors import refusal, told
from api.http.status import status_of
from domain.errors import RateLimitedError


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
        status, headers = status_of(code, error)
        retry_after = error.retry_after if isinstance(error, RateLimitedError) else None
        return cls(code, message, request_id, status, retry_after, headers)

    @property
    def graphql(self) -> dict[str, Any]:
        """As an answer of GraphQL has it."""
        answer = refusal(self.code, self.message, self.request_id)
        if self.code == RateLimitedError.code:
            answer["errors"][0]["extensions"]["retryAfter"] = self.retry_after
        return answer
