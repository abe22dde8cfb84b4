"""Counting what operations take. They are told apart by root field: there is no end of the names that clients give."""

from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from api.context import Context
from api.errors import INTERNAL
from domain.errors import DomainError
from domain.telemetry.metrics import GRAPHQL_COST, GRAPHQL_DURATION, GRAPHQL_ERRORS

_SEVERAL: Final = "several"
_INTROSPECTION: Final = "introspection"


class OperationLabels(NamedTuple):
    """What operations are told apart by: query, mutation or subscription, and the root field."""

    kind: str
    operation: str


def announce_operations(schema: GraphQLSchema) -> None:
    """Makes the series of all operations and errors exist."""
    for kind in OperationType:
        root = schema.get_root_type(kind)
        for name in (*root.fields, _SEVERAL, _INTROSPECTION) if root else ():
            GRAPHQL_DURATION.labels(kind.value, name)
            GRAPHQL_COST.labels(kind.value, name)
    for code in (INTERNAL, *(each.code for each in DomainError.__subclasses__())):
        GRAPHQL_ERRORS.labels(code)


def labels_of(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> OperationLabels:
    """Those of an operation of a valid document."""
    names = set(_fields(operation.selection_set, fragments))
    return OperationLabels(operation.operation.value, names.pop() if len(names) == 1 else _SEVERAL)


def _fields(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    for item in selected.selections:
        if isinstance(item, FieldNode):
            yield _INTROSPECTION if item.name.value.startswith("__") else item.name.value
        elif isinstance(item, FragmentSpreadNode):
            yield from _fields(fragments[item.name.value].selection_set, fragments)
        elif isinstance(item, InlineFragmentNode):
            yield from _fields(item.selection_set, fragments)


def meter(labels: OperationLabels | None, began_at: float, context: Context) -> None:
    """Counts an operation that began at an instant of `perf_counter` and has ended."""
    if labels is None:
        return
    GRAPHQL_DURATION.labels(*labels).observe(perf_counter() - began_at)
    if context.cost:
        GRAPHQL_COST.labels(*labels).inc(context.cost)
