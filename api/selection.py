"""What a query selects of an object, as the executor works it out: fragments, directives, aliases resolved."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import GraphQLObjectType, get_named_type
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList

TYPENAME = "__typename"


class SelectedField(NamedTuple):
    """`name` is that of the schema, `key` that of the answer."""

    key: str
    name: str
    below: "Selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields that are selected of an object type, in the order of the answer."""

    executor: Executor[Any]
    type: GraphQLObjectType
    details: FieldDetailsList

    def __iter__(self) -> Iterator[SelectedField]:
        grouped, *_ = self.executor.collect_subfields(self.type, self.details)
        for key, details in grouped.items():
            name = details[0].node.name.value
            yield SelectedField(key, name, Selection(self.executor, self._type_below(name), details))

    def _type_below(self, name: str) -> GraphQLObjectType:
        """The field's own type where it is an object; else this one, below which nothing is selected."""
        field = self.type.fields.get(name)
        named = get_named_type(field.type) if field else None
        return named if isinstance(named, GraphQLObjectType) else self.type
