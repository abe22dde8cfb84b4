"""From a request in GraphQL to its result, or to its results, whatever it came over."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from inspect import isawaitable
from time import perf_counter
from typing import Any, Final, cast

from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution.values import VariableValues

from api.context import Context
from api.execution.documents import Documents, Operation
from api.execution.executor import WritingExecutor
from api.execution.refusals import refused
from api.execution.source import Told, source
from api.execution.stock import StockExecutor
from domain.errors import RateLimitedError
from domain.telemetry.traces import Role, describe, span

_WHICH: Final = "Say in operationName which operation of the document to run."

# What is not allowed everywhere.
_ELSEWHERE: Final = {
    OperationType.MUTATION: "A mutation cannot be asked for by GET; send it by POST.",
    OperationType.SUBSCRIPTION: "A subscription is followed over WebSocket, in graphql-transport-ws, at this address.",
}


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
class Ready:
    """An operation that can begin."""

    operation: Operation
    variables: VariableValues

    @property
    def kind(self) -> OperationType:
        return self.operation.node.operation


@dataclass(frozen=True, slots=True)
class Operations:
    """What a schema's clients can run."""

    documents: Documents
    executor: type[StockExecutor] = WritingExecutor

    async def run(
        self, request: GraphQLRequest, context: Context, allowed: Collection[OperationType]
    ) -> ExecutionResult:
        """Raises WrongOperationError. A result without data and without paths of errors has not begun."""
        ready = self.prepare(request, allowed)
        if isinstance(ready, ExecutionResult):
            return ready
        if ready.operation.shows_candles_only:
            context.repeatable = ready.operation.meter
        return await self.charge(ready, context) or await self.execute(ready, context)

    def prepare(self, request: GraphQLRequest, allowed: Collection[OperationType]) -> Ready | ExecutionResult:
        """What there is to execute, or what is wrong with it. Raises WrongOperationError."""
        try:
            document = self.documents.get(request.query)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        operation = document.operation(request.operation_name)
        if operation is None:
            raise WrongOperationError(_WHICH)
        kind = operation.node.operation
        if kind not in allowed:
            raise WrongOperationError(_ELSEWHERE[kind], kind)
        if document.errors:
            return ExecutionResult(None, list(document.errors))
        variables = operation.variables.coerce(request.variables or {})
        return ExecutionResult(None, variables) if isinstance(variables, list) else Ready(operation, variables)

    async def charge(self, ready: Ready, context: Context) -> ExecutionResult | None:
        """Takes what it costs from what its caller may spend; the refusal where that is too much."""
        if context.limits is None:
            return None
        try:
            self.executor.of(ready.operation, ready.variables, context).root_fields()
            await context.spend()
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        except RateLimitedError as error:
            return refused(error)
        return None

    async def execute(self, ready: Ready, context: Context, root: object = None) -> ExecutionResult:
        """A query or a mutation, or a subscription for one event, whose value is the root."""
        began_at = perf_counter()
        meter = ready.operation.meter
        try:
            with span(Role.STEP, meter.name if meter else "operation"):
                return await self._executed(ready, context, root)
        finally:
            if meter:
                meter.read(began_at, context.cost)

    async def _executed(self, ready: Ready, context: Context, root: object) -> ExecutionResult:
        result = self.executor.of(ready.operation, ready.variables, context, root).execute_operation()
        # Without @defer and @stream, which the schema does not have, there is one result.
        answer = cast("ExecutionResult", await result if isawaitable(result) else result)
        describe({"candelabra.cost": context.cost or 0, "candelabra.errors": len(answer.errors or ())})
        return answer

    def follow(self, ready: Ready, context: Context) -> AsyncIterator[Told]:
        """The events of a subscription, each to be executed. Raises GraphQLError, and TooSlowError."""
        return source(self.executor.of(ready.operation, ready.variables, context))
