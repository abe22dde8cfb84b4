"""Resolvers called as they are, where graphql-core has made of the arguments all that they take."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, get_named_type, is_leaf_type
from strawberry import Info
from strawberry.types.field import StrawberryField

from api.execution.columns import DEFINITION


def resolve_directly(schema: GraphQLSchema) -> None:
    """Strawberry would convert every argument once more, which takes longer than most resolvers do.

    Fields that take input objects stay as they are: those are for Strawberry to make.
    """
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for field in kind.fields.values():
                definition = field.extensions.get(DEFINITION)
                if isinstance(definition, StrawberryField) and _is_plain(field, definition):
                    setattr(
                        field, "subscribe" if definition.is_subscription else "resolve", _resolver(field, definition)
                    )


def _is_plain(field: GraphQLField, definition: StrawberryField) -> bool:
    return not definition.extensions and all(is_leaf_type(get_named_type(item.type)) for item in field.args.values())


def _resolver(field: GraphQLField, definition: StrawberryField) -> Callable[..., Any]:
    name = definition.python_name
    if definition.base_resolver is None:
        return lambda source, _info: getattr(source, name)
    function = cast("Callable[..., Any]", definition.base_resolver.wrapped_func)
    names = {key: argument.extensions[DEFINITION].python_name for key, argument in field.args.items()}
    if definition.base_resolver.info_parameter is None:
        return lambda source, _info, **given: function(source, **_renamed(given, names))

    def with_info(source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
        return function(source, Info(_raw_info=info, _field=definition), **_renamed(given, names))

    return with_info


def _renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    return {names[name]: value for name, value in given.items()}
