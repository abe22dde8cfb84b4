"""Graphql-core's executor, made of an operation that is ready."""

from collections.abc import Awaitable
from typing import Any, Self, TypeGuard, cast

from graphql import GraphQLObjectType
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FragmentDetails, GroupedFieldSet, collect_fields
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.context import Context
from api.execution.documents import Operation


class StockExecutor(Executor[Any]):
    """Graphql-core's own, without @defer and @stream, which the schema does not have."""

    operation_extensions = None
    # As Strawberry's Info wants it.
    build_resolve_info = cast("Any", StrawberryGraphQLCoreExecutionContext.build_resolve_info)

    @classmethod
    def of(cls, operation: Operation, variables: VariableValues, context: Context, root: object = None) -> Self:
        return cls(
            operation.schema,
            operation.fragments,
            {name: FragmentDetails(definition) for name, definition in operation.fragments.items()},
            root,
            context,
            operation.node,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=_is_awaitable,
        )

    @property
    def root_type(self) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self.schema.get_root_type(self.operation.operation))

    def root_fields(self) -> GroupedFieldSet:
        """Raises GraphQLError where they may not be executed."""
        fields, *_ = collect_fields(self.schema, self.fragments, self.variable_values, self.root_type, self.operation)
        return fields


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Knows the types of most values at once."""
    return optimized_is_awaitable(value)
