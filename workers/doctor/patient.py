"""What is examined."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from domain.clock import Clock
from domain.queue import Queue
from domain.settings import Settings
from workers.exchanges import Exchanges

Progress: TypeAlias = Callable[[str], None]
"""Takes a sentence about how far a long check is, as often as it likes to tell."""


@dataclass(frozen=True, slots=True)
class Patient:
    """An installation with its connections open; its servers may be away."""

    settings: Settings
    clock: Clock
    queue: Queue
    exchanges: Exchanges
    progress: Progress
