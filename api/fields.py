"""Fields that are worked out when they are asked for."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def resolver(description: str) -> Callable[[Resolver], Resolver]:
    """Makes a method a described field; Strawberry's own decorator would make its type unknown."""
    decorate: Callable[[Resolver], Resolver] = strawberry.field(description=description)
    return decorate
