"""Fields that are worked out when they are asked for, and those that can be followed."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import strawberry

Resolver = TypeVar("Resolver", bound=Callable[..., Any])

# Where a field's metadata has what works it out for many objects at once.
FOR_ALL: Final = "for_all"


def resolver(description: str, for_all: Callable[..., Any] | None = None) -> Callable[[Resolver], Resolver]:
    """Makes a method a described field; Strawberry's own decorator would make its type unknown.

    `for_all` is given a list of objects and `info`, and returns, or awaits, what the method returns for each.
    """
    metadata = {} if for_all is None else {FOR_ALL: for_all}
    decorate: Callable[[Resolver], Resolver] = strawberry.field(description=description, metadata=metadata)
    return decorate


def subscription(description: str) -> Callable[[Resolver], Resolver]:
    """The same for a method that returns the events of a field."""
    decorate: Callable[[Resolver], Resolver] = strawberry.subscription(description=description)
    return decorate
