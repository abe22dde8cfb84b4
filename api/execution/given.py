"""What a request gives to its operation: variables and arguments, as the document says.

What can be told from the document alone is worked out once. Whatever is out of the ordinary, errors above all, is left
to graphql-core, which then starts from the beginning.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLScalarType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    get_nullable_type,
    is_non_null_type,
    is_required_argument,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    coerce_argument,
    get_argument_values,
    get_variable_values,
)

Coerced: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeafVariable:
    """A variable of a scalar or an enum."""

    signature: GraphQLVariableSignature
    name: str
    may_be_null: bool
    may_be_absent: bool
    coerce: Callable[[Any], Any]

    @classmethod
    def of(cls, signature: GraphQLVariableSignature | GraphQLError) -> Self | None:
        """None for lists and input objects, and where the signature is wrong."""
        if isinstance(signature, GraphQLError):
            return None
        kind, may_be_null = get_nullable_type(signature.type), not is_non_null_type(signature.type)
        if not isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            return None
        may_be_absent = may_be_null and not signature.default
        return cls(signature, signature.name, may_be_null, may_be_absent, kind.coerce_input_value)


class GivenVariables:
    """Those of an operation."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._definitions = definitions
        leaves = [LeafVariable.of(get_variable_signature(schema, node)) for node in definitions]
        self._leaves = [leaf for leaf in leaves if leaf]
        self._is_ordinary = len(self._leaves) == len(definitions)

    def coerce(self, given: Coerced) -> VariableValues | list[GraphQLError]:
        values = self._ordinary(given) if self._is_ordinary else None
        return values or get_variable_values(self._schema, self._definitions, dict(given))

    def _ordinary(self, given: Coerced) -> VariableValues | None:
        """None where a value is wrong, or where a default is needed."""
        sources, coerced = dict[str, VariableValueSource](), dict[str, Any]()
        for leaf in self._leaves:
            value = given.get(leaf.name, Undefined)
            if value is Undefined:
                if not leaf.may_be_absent:
                    return None
                sources[leaf.name] = VariableValueSource(leaf.signature)
                continue
            sources[leaf.name] = VariableValueSource(leaf.signature, value)
            if value is not None:
                try:
                    value = leaf.coerce(value)
                except Exception:  # noqa: BLE001  # scalars may raise anything, and graphql-core tells of it
                    return None
            elif not leaf.may_be_null:
                return None
            coerced[leaf.name] = value
        return VariableValues(sources, coerced)


@dataclass(frozen=True, slots=True)
class FromVariable:
    """An argument that is a variable; `default` is Undefined where there is none."""

    argument: str
    variable: str
    is_required: bool
    may_be_null: bool
    default: Any


class GivenArguments:
    """Those of a field."""

    def __init__(self, field: GraphQLField, node: FieldNode) -> None:
        self._field = field
        self._node = node
        self._fixed: dict[str, Any] = {}
        self._variable: list[FromVariable] = []
        self._is_ordinary = True
        written = {argument.name.value: argument for argument in node.arguments or ()}
        try:
            for name in field.args:
                self._add(name, written.get(name))
        except GraphQLError:
            self._is_ordinary = False

    def _add(self, name: str, written: ArgumentNode | None) -> None:
        """Raises GraphQLError for what is wrong."""
        definition = self._field.args[name]
        if written and isinstance(written.value, ListValueNode | ObjectValueNode):
            self._is_ordinary = False  # there may be variables inside
            return
        if written is None or not isinstance(written.value, VariableNode):
            coerce_argument(self._fixed, self._node, name, definition, written, None, None)
            return
        default = dict[str, Any]()
        is_required = is_required_argument(definition)
        if not is_required:
            coerce_argument(default, self._node, name, definition, None, None, None)
        self._variable.append(
            FromVariable(
                name,
                written.value.name.value,
                is_required,
                not is_non_null_type(definition.type),
                default.get(name, Undefined),
            )
        )

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """Raises GraphQLError where a value is wrong."""
        values = self._ordinary(variables.coerced) if self._is_ordinary else None
        return get_argument_values(self._field, self._node, variables) if values is None else values

    def _ordinary(self, variables: Coerced) -> dict[str, Any] | None:
        values = self._fixed.copy()
        for item in self._variable:
            value = variables.get(item.variable, Undefined)
            if value is Undefined:
                if item.is_required:
                    return None
                value = item.default
            elif value is None and not item.may_be_null:
                return None
            if value is not Undefined:
                values[item.argument] = value
        return values
