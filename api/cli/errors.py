"""What ends a command."""


class CommandError(Exception):
    """Why the command failed, in sentences for the person who gave it."""


class ApiError(CommandError):
    """The API refused: its words and its code."""

    def __init__(self, message: str, code: str, retry_after: float | None = None) -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.code = code
        self.retry_after = retry_after  # seconds


class UnreachableError(CommandError):
    """No API answers there, for now."""
