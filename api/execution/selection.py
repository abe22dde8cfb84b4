"""What a query selects of an object, as the executor works it out: fragments, directives, aliases resolved."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar, cast

from graphql import FieldNode, GraphQLObjectType, get_named_type
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList

TYPENAME = "__typename"

Made = TypeVar("Made")


class SelectedField(NamedTuple):
    """`name` is that of the schema, `key` that of the answer; `nodes` are where the document says so."""

    key: str
    name: str
    below: "Selection"
    nodes: list[FieldNode]


class Selection:
    """The fields that are selected of an object type, in the order of the answer; none of what is no object."""

    def __init__(self, of: GraphQLObjectType, fields: tuple[SelectedField, ...]) -> None:
        self.type = of
        self._fields = fields
        self._derived: dict[Callable[[Selection], Any], Any] = {}

    def __iter__(self) -> Iterator[SelectedField]:
        return iter(self._fields)

    def derived(self, make: Callable[["Selection"], Made]) -> Made:
        """What `make` makes of this selection: once, for all requests that select the same."""
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast("Made", self._derived[make])

    @classmethod
    def of(cls, executor: Executor[Any], kind: GraphQLObjectType, details: FieldDetailsList) -> "Selection":
        grouped, *_ = executor.collect_subfields(kind, details)
        return cls(kind, tuple(_field(executor, kind, key, found) for key, found in grouped.items()))


def _field(executor: Executor[Any], kind: GraphQLObjectType, key: str, details: FieldDetailsList) -> SelectedField:
    nodes = [found.node for found in details]
    name = nodes[0].name.value
    definition = kind.fields.get(name)
    below = get_named_type(definition.type) if definition else None
    if isinstance(below, GraphQLObjectType):
        return SelectedField(key, name, Selection.of(executor, below, details), nodes)
    return SelectedField(key, name, Selection(kind, ()), nodes)
