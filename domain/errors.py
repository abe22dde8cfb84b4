"""What a client can be told. Everything else is an internal error and stays in the log."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal with a code that clients can rely on and a message for people."""

    code: ClassVar[str]


class BadInputError(DomainError):
    code = "BAD_USER_INPUT"


class NotFoundError(DomainError):
    code = "NOT_FOUND"


class ConflictError(DomainError):
    code = "CONFLICT"


class UnavailableError(DomainError):
    """A part that the answer needs is out of reach for now."""

    code = "UNAVAILABLE"


class TimedOutError(DomainError):
    """It took longer than it may, and was ended."""

    code = "TIMEOUT"


class OverloadedError(DomainError):
    """More is being asked than can be answered; what was asked has not begun."""

    code = "OVERLOADED"


class QueryTooCostlyError(DomainError):
    code = "QUERY_TOO_COSTLY"


class UnauthenticatedError(DomainError):
    code = "UNAUTHENTICATED"


class ForbiddenError(DomainError):
    code = "FORBIDDEN"


class RateLimitedError(DomainError):
    """`retry_after` is the number of seconds after which there is room again, where time makes room."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
