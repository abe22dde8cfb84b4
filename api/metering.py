"""Counting what operations take. They are told apart by root field: there is no end of the names that clients give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Self

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
from prometheus_client import Counter, Histogram

from api.errors import INTERNAL
from domain.errors import DomainError
from domain.telemetry.metrics import GRAPHQL_COST, GRAPHQL_DURATION, GRAPHQL_ERRORS

_SEVERAL: Final = "several"
_INTROSPECTION: Final = "introspection"


@dataclass(frozen=True, slots=True)
class Meter:
    """Counts one operation whenever it has ended; to look its series up would take as long as to count."""

    name: str
    duration: Histogram
    cost: Counter

    @classmethod
    def of(cls, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Self:
        """Of an operation of a valid document."""
        names = set(_fields(operation.selection_set, fragments))
        labels = operation.operation.value, names.pop() if len(names) == 1 else _SEVERAL
        return cls(" ".join(labels), GRAPHQL_DURATION.labels(*labels), GRAPHQL_COST.labels(*labels))

    def read(self, began_at: float, cost: int | None) -> None:
        """It began at that instant of `perf_counter`."""
        self.duration.observe(perf_counter() - began_at)
        if cost:
            self.cost.inc(cost)


def announce_operations(schema: GraphQLSchema) -> None:
    """Makes the series of all operations and errors exist."""
    for kind in OperationType:
        root = schema.get_root_type(kind)
        for name in (*root.fields, _SEVERAL, _INTROSPECTION) if root else ():
            GRAPHQL_DURATION.labels(kind.value, name)
            GRAPHQL_COST.labels(kind.value, name)
    for code in (INTERNAL, *(each.code for each in DomainError.__subclasses__())):
        GRAPHQL_ERRORS.labels(code)


def _fields(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    for item in selected.selections:
        if isinstance(item, FieldNode):
            yield _INTROSPECTION if item.name.value.startswith("__") else item.name.value
        elif isinstance(item, FragmentSpreadNode):
            yield from _fields(fragments[item.name.value].selection_set, fragments)
        elif isinstance(item, InlineFragmentNode):
            yield from _fields(item.selection_set, fragments)
