"""Mutations, each for those who have its scope."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension
from typing_extensions import override

from api.context import Info
from domain.scope import Scope

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def mutation(description: str, scope: Scope) -> Callable[[Resolver], Resolver]:
    """Makes a method a described field for callers who have the scope."""
    decorate: Callable[[Resolver], Resolver] = strawberry.field(description=description, extensions=[_Requires(scope)])
    return decorate


class _Requires(FieldExtension):
    """Asks for the scope before anything else happens."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @override
    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **arguments: Any) -> Any:
        info.context.caller.require(self._scope)
        return await next_(source, info, **arguments)
