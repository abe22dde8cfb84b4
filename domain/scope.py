"""What a key lets its holder do: each scope includes those before it."""

from enum import IntEnum
from typing import Final


class Scope(IntEnum):
    READ = 1
    """Queries and subscriptions."""
    SYNC = 2
    """Also jobs: their begin, their end, and loads of market lists."""
    ADMIN = 3
    """Also pairs, exchanges and keys."""

    @property
    def text(self) -> str:
        return self.name.lower()


SCOPES: Final = {scope.text: scope for scope in Scope}
