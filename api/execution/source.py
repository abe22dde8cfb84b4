"""The events of a subscription, before anything is made of them."""

from collections.abc import AsyncGenerator, AsyncIterator, Hashable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Self, TypeVar, cast

from graphql import GraphQLError, get_argument_values, located_error
from graphql.pyutils import Path

from api.execution.stock import StockExecutor
from domain.live.news import News, TooSlowError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscription's field is at an event; `worked_out` is shared by all who are told of the same event."""

    value: object
    worked_out: dict[Hashable, Any]

    @classmethod
    def of(cls, news: News[Any], value: object) -> Self:
        return cls(value, news.worked_out)


def as_field(events: AsyncIterator[Told], _: type[Value]) -> AsyncGenerator[Value, None]:
    """What `source` reads, by the type that Strawberry gives the field."""
    return cast("AsyncGenerator[Value, None]", events)


async def source(executor: StockExecutor) -> AsyncIterator[Told]:
    """Raises GraphQLError for whatever ends it but TooSlowError."""
    kind = executor.root_type
    # Validation lets no more than one pass, and none be left out by a condition.
    [(key, details)] = executor.root_fields().items()
    nodes = [item.node for item in details]
    field = kind.fields[nodes[0].name.value]
    info = executor.build_resolve_info(field, nodes, kind, Path(None, key, kind.name))
    try:
        given = get_argument_values(field, nodes[0], executor.variable_values)
        async with aclosing(cast("Any", field.subscribe)(None, info, **given)) as events:
            async for event in events:
                yield event
    except (TooSlowError, GraphQLError):
        raise
    except Exception as error:  # whatever it is, it is told where it belongs
        raise located_error(error, nodes, [key]) from error
