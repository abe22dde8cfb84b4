"""What a schema must have of another: everything in the one is in the other, by name and type. Both come from SDL."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    print_ast,
)

Input: TypeAlias = GraphQLArgument | GraphQLInputField


def differences(contract: GraphQLSchema, served: GraphQLSchema) -> list[str]:
    """One line for each thing that the served schema lacks or has differently, by its path."""
    return [
        line
        for name, kind in contract.type_map.items()
        if not name.startswith("__")
        for line in _of_type(name, kind, served.type_map.get(name))
    ]


def _of_type(name: str, wanted: GraphQLNamedType, found: GraphQLNamedType | None) -> Iterator[str]:
    if found is None or type(found) is not type(wanted):
        yield name
    elif isinstance(wanted, GraphQLEnumType) and isinstance(found, GraphQLEnumType):
        yield from (f"{name}.{value}" for value in wanted.values if value not in found.values)
    elif isinstance(wanted, GraphQLInputObjectType) and isinstance(found, GraphQLInputObjectType):
        yield from _of_inputs(name, wanted.fields, found.fields)
    elif isinstance(wanted, GraphQLObjectType | GraphQLInterfaceType):
        assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
        yield from _of_object(name, wanted, found)


def _of_object(
    name: str, wanted: GraphQLObjectType | GraphQLInterfaceType, found: GraphQLObjectType | GraphQLInterfaceType
) -> Iterator[str]:
    served = {interface.name for interface in found.interfaces}
    yield from (f"{name} implements {item.name}" for item in wanted.interfaces if item.name not in served)
    for field, definition in wanted.fields.items():
        counterpart = found.fields.get(field)
        if counterpart is None or str(counterpart.type) != str(definition.type):
            yield f"{name}.{field}"
        else:
            yield from _of_inputs(f"{name}.{field}", definition.args, counterpart.args)


def _of_inputs(name: str, wanted: Mapping[str, Input], found: Mapping[str, Input]) -> Iterator[str]:
    for key, definition in wanted.items():
        counterpart = found.get(key)
        if counterpart is None or _signature(counterpart) != _signature(definition):
            yield f"{name}({key})"
    for key, addition in found.items():
        kind, default = _signature(addition)
        if key not in wanted and kind.endswith("!") and default is None:
            yield f"{name}({key}) is new and required"


def _signature(item: Input) -> tuple[str, str | None]:
    """Type and default, as SDL writes them."""
    default = item.ast_node.default_value if item.ast_node else None
    return str(item.type), print_ast(default) if default else None
