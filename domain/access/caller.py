"""Who asks, and what that one may do."""

from dataclasses import dataclass
from typing import Final

from domain.errors import ForbiddenError
from domain.scope import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is what requests are counted under: a key's prefix or an address. Without a scope nothing is allowed."""

    name: str
    scope: Scope | None

    def require(self, scope: Scope) -> None:
        """Raises ForbiddenError."""
        if self.scope is None or self.scope < scope:
            raise ForbiddenError(f"This API key has not the scope {scope.text}; ask with one that has.")


NOBODY: Final = Caller("", None)
