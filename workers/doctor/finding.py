"""What a check found."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

Repair: TypeAlias = Callable[[], Awaitable[str]]
"""Sets something right and tells what it did."""


def told(error: Exception) -> str:
    """On one line; some errors have nothing to say but their name."""
    return " ".join(str(error).split()) or type(error).__name__


class State(Enum):
    """How bad it is. A problem makes candles wrong, missing or late; a warning may one day."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    PROBLEM = "PROBLEM"


@dataclass(frozen=True, slots=True)
class Finding:
    """Whole sentences: what was found, why it matters, and what to do. Where it is well, only what was found."""

    check: str
    state: State
    found: str
    why: str = ""
    remedy: str = ""
    repair: Repair | None = None

    def __str__(self) -> str:
        return " ".join(text for text in (self.found, self.why, self.remedy) if text)
