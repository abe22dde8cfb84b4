"""From a request in GraphQL to its result, whatever it came over."""

from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, TypeGuard, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.context import Context
from api.documents import Documents
from api.executor import WritingExecutor

_WHICH: Final = "Say in operationName which operation of the document to run."


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Knows the types of most values at once."""
    return optimized_is_awaitable(value)


class WrongOperationError(Exception):
    """The document has no such operation, or `kind`, which may not be asked for this way. The message is for people."""

    def __init__(self, message: str, kind: OperationType | None = None) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Operations:
    """What a schema's clients can run."""

    schema: GraphQLSchema
    documents: Documents
    executor: type[StrawberryGraphQLCoreExecutionContext] = WritingExecutor

    async def run(
        self, request: GraphQLRequest, context: Context, allowed: Collection[OperationType]
    ) -> ExecutionResult:
        """Raises WrongOperationError. A result without data and paths of errors has not begun."""
        try:
            document = self.documents.get(request.query)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        operation = document.operation(request.operation_name)
        if operation is None:
            raise WrongOperationError(_WHICH)
        if operation.operation not in allowed:
            raise WrongOperationError(
                f"A {operation.operation.value} cannot be asked for this way.", operation.operation
            )
        if document.errors:
            return ExecutionResult(None, list(document.errors))
        executor = self.executor.build(
            self.schema,
            document.node,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
            is_awaitable=_is_awaitable,
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        result = executor.execute_operation()
        # Without @defer and @stream, which the schema does not have, there is one result.
        return cast("ExecutionResult", await result if isawaitable(result) else result)
