"""What an operation selects where its conditions hold or not: worked out once for all requests that ask alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSkipDirective,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet

from api.execution.cost import Price
from api.execution.given import GivenArguments
from api.execution.selection import Selection

_CONDITIONAL: Final = {GraphQLIncludeDirective.name, GraphQLSkipDirective.name}

# Of an operation, by its conditions; clients turn few of them on and off. More are worked out anew each time.
MAX_SHAPES: Final = 4


@dataclass(slots=True)
class Shape:
    """`subfields` is what graphql-core's executor remembers while it runs; it and all else here grow as they are used.

    Lists of field details are known by their identity, and `subfields` keeps those alive; arguments by that of their
    field and of its node in the document.
    """

    root: GroupedFieldSet | None = None
    price: Price | None = None
    subfields: dict[tuple[GraphQLObjectType, int], tuple[FieldDetailsList, CollectedFields]] = field(
        default_factory=dict
    )
    arguments: dict[tuple[int, int], GivenArguments] = field(default_factory=dict)
    selections: dict[tuple[GraphQLObjectType, int], Selection] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shapes:
    """Those of one operation; `conditions` are the variables that decide what of it is selected."""

    conditions: tuple[str, ...]
    known: dict[tuple[Any, ...], Shape] = field(default_factory=dict)

    def of(self, variables: Mapping[str, Any]) -> Shape:
        key = tuple(variables.get(name) for name in self.conditions)
        shape = self.known.get(key)
        if shape is None:
            shape = Shape()
            if len(self.known) < MAX_SHAPES:
                self.known[key] = shape
        return shape


def deciding_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that @include and @skip look at, anywhere in a document."""
    found = _Conditions()
    visit(document, found)
    return tuple(dict.fromkeys(found.names))


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in _CONDITIONAL:
            values = (argument.value for argument in node.arguments or ())
            self.names += [value.name.value for value in values if isinstance(value, VariableNode)]
