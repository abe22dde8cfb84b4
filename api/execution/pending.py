"""Lists that are there, or will be; those that are there are used at once, because to await takes longer than that."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from graphql.pyutils import AwaitableOrValue, gather_with_cancel

Values: TypeAlias = AwaitableOrValue[list[Any]]


def then(values: Values, step: Callable[[list[Any]], Values]) -> Values:
    return step(values) if isinstance(values, list) else _then(values, step)


async def _then(values: Awaitable[list[Any]], step: Callable[[list[Any]], Values]) -> list[Any]:
    found = step(await values)
    return found if isinstance(found, list) else await found


async def every(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """All results; where one raises, the others are cancelled."""
    return [await awaitables[0]] if len(awaitables) == 1 else await gather_with_cancel(*awaitables)


def together(columns: list[Values]) -> Values:
    """The columns when all are there."""
    return _together(columns) if pending(columns) else columns


async def _together(columns: list[Values]) -> list[Any]:
    found = iter(await every(pending(columns)))
    return [column if isinstance(column, list) else next(found) for column in columns]


def pending(columns: Sequence[Values]) -> list[Awaitable[list[Any]]]:
    return [column for column in columns if not isinstance(column, list)]
