"""From a request in GraphQL to its result, whatever it came over."""

from collections.abc import Collection
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, cast

from graphql import ExecutionResult, GraphQLError, OperationType

from api.context import Context
from api.documents import Documents, Operation
from api.executor import StockExecutor, WritingExecutor

_WHICH: Final = "Say in operationName which operation of the document to run."


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class WrongOperationError(Exception):
    """The document has no such operation, or one of a `kind` that may not be asked for this way; for people."""

    def __init__(self, message: str, kind: OperationType | None = None) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Operations:
    """What a schema's clients can run."""

    documents: Documents
    executor: type[StockExecutor] = WritingExecutor

    async def run(
        self, request: GraphQLRequest, context: Context, allowed: Collection[OperationType]
    ) -> ExecutionResult:
        """Raises WrongOperationError. A result without data and without paths of errors has not begun."""
        try:
            document = self.documents.get(request.query)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        operation = document.operation(request.operation_name)
        if operation is None:
            raise WrongOperationError(_WHICH)
        kind = operation.node.operation
        if kind not in allowed:
            raise WrongOperationError(f"A {kind.value} cannot be asked for this way.", kind)
        if document.errors:
            return ExecutionResult(None, list(document.errors))
        return await self._executed(operation, request.variables or {}, context)

    async def _executed(self, operation: Operation, given: dict[str, Any], context: Context) -> ExecutionResult:
        variables = operation.variables.coerce(given)
        if isinstance(variables, list):
            return ExecutionResult(None, variables)
        result = self.executor.of(operation, variables, context).execute_operation()
        # Without @defer and @stream, which the schema does not have, there is one result.
        return cast("ExecutionResult", await result if isawaitable(result) else result)
