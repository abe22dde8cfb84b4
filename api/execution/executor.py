"""The stock executor, but for costs that are known first, and for objects that are written all at once."""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Final, Self

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
    Undefined,
    get_named_type,
    located_error,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue, Path
from typing_extensions import override

from api.context import Context
from api.execution.columns import DEFINITION, completion
from api.execution.cost import Pricing
from api.execution.documents import Operation
from api.execution.given import GivenArguments
from api.execution.selection import Selection
from api.execution.shape import Shape
from api.execution.stock import StockExecutor
from api.execution.written import Written
from domain.errors import QueryTooCostlyError

_CHEAPER: Final = "Candles count once for each of their fields: ask for fewer of them, or for a longer interval."

# Fields that the stock executor works out one by one, to tell what an error leaves of an answer: a tenth of a second.
# The error of what is larger ends the operation, since repeated ones could be as many as a query may cost.
_MAX_FIELDS: Final = 4_000


class WritingExecutor(StockExecutor):
    """What it works out of an operation alone it finds in the operation's shape the next time."""

    shape: Shape
    _met: GraphQLError | None = None  # the first error, of the root field below which it came up
    _patience = _MAX_FIELDS

    @override
    @classmethod
    def of(cls, operation: Operation, variables: VariableValues, context: Context, root: object = None) -> Self:
        executor = super().of(operation, variables, context, root)
        executor.shape = operation.shapes.of(variables.coerced)
        executor._relevant_sub_fields = executor.shape.subfields  # noqa: SLF001  # graphql-core's memory of them
        return executor

    @override
    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[ExecutionResult]:
        is_mutation = self.operation.operation is OperationType.MUTATION
        try:
            fields = self.root_fields()
            data = self.execute_root_grouped_field_set(self.root_type, self.root_value, fields, is_mutation, None)
        except GraphQLError as error:
            return self._failed(error)
        return self._awaited(data) if self.is_awaitable(data) else self._result(data)

    async def _awaited(self, data: Awaitable[dict[str, Any]]) -> ExecutionResult:
        try:
            return self._result(await data)
        except GraphQLError as error:
            return self._failed(error)

    def _failed(self, error: GraphQLError) -> ExecutionResult:
        self.collected_errors.add(error, None)
        return self._result(None)

    def _result(self, data: Any) -> ExecutionResult:
        if self._met and self._patience < 0:
            return ExecutionResult(None, [self._met])
        return ExecutionResult(data, self.collected_errors.errors or None)

    @override
    def root_fields(self) -> GroupedFieldSet:
        if self.shape.root is None:
            self.shape.root = super().root_fields()
        self._refuse_costly(self.shape.root)
        return self.shape.root

    def _refuse_costly(self, fields: GroupedFieldSet) -> None:
        context: Context = self.context_value
        if self.shape.price is None:
            self.shape.price = Pricing(self, context.max_page_candles).of(self.root_type, fields)
        context.cost = cost = self.shape.price.of(self.variable_values)
        if cost > context.max_query_cost:
            told = f"This query may cost {cost:,}, and {context.max_query_cost:,} are allowed. {_CHEAPER}"
            raise GraphQLError(told, original_error=QueryTooCostlyError(told))

    @override
    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """As graphql-core does it, but for the arguments and what they take."""
        node = field_details_list[0].node
        field = self.schema.get_field(parent_type, node.name.value)
        if field is None:
            return Undefined
        info = self.build_resolve_info(field, [details.node for details in field_details_list], parent_type, path)
        below = (field.type, field_details_list, info, path)
        try:
            result = self._resolved(field, node, source, info)
            if self.is_awaitable(result):
                return self.complete_awaitable_value(*below, result, position_context)
            completed = self.complete_value(*below, result, position_context)
        except Exception as error:  # noqa: BLE001  # resolvers may raise anything
            self.handle_field_error(error, field.type, field_details_list, path)
            return None
        return self._completed(completed, *below) if self.is_awaitable(completed) else completed

    def _resolved(self, field: GraphQLField, node: FieldNode, source: Any, info: GraphQLResolveInfo[Any]) -> Any:
        """Raises what the resolver raises, or what was met before and would be again."""
        if self._met:
            self._patience -= 1
            if self._patience < 0:
                raise self._met
        if met := self.context_value.outages.get(id(node)):
            raise met
        return (field.resolve or self.field_resolver)(source, info, **self._arguments(field, node))

    async def _completed(
        self,
        completed: Awaitable[Any],
        kind: GraphQLOutputType,
        details: FieldDetailsList,
        _: GraphQLResolveInfo[Any],
        path: Path,
    ) -> Any:
        try:
            return await completed
        except Exception as error:  # noqa: BLE001  # resolvers may raise anything
            self.handle_field_error(error, kind, details, path)
            return None

    def _arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """Raises GraphQLError where one is wrong."""
        if not field.args:
            return {}
        known, key = self.shape.arguments, (id(field), id(node))
        if key not in known:
            known[key] = GivenArguments(field, node)
        return known[key].values(self.variable_values)

    @override
    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[Any]:
        if isinstance(result, Written):
            return result.write(self._selection(return_type, field_details_list))
        stock = partial(
            super().complete_object_value, return_type, field_details_list, info, path, result, position_context
        )
        return self._at_once(return_type, field_details_list, path, result, stock)

    @override
    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: AsyncIterable[Any] | Iterable[Any],
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        stock = partial(
            super().complete_list_value, return_type, field_details_list, info, path, result, position_context
        )
        return self._at_once(return_type, field_details_list, path, result, stock)

    def _at_once(
        self, kind: GraphQLOutputType, details: FieldDetailsList, path: Path, result: Any, stock: Callable[[], Any]
    ) -> AwaitableOrValue[Any]:
        """The value written, or, as soon as anything has gone wrong, what the stock executor makes of it."""
        named = get_named_type(kind)
        if self._met or not isinstance(named, GraphQLObjectType) or DEFINITION not in named.extensions:
            return stock()
        instead = partial(self._instead, details, path, stock)
        try:
            answers = completion(kind, self._selection(named, details))([result], self)
        except Exception as error:  # noqa: BLE001  # whatever it is, the stock executor meets it again, or is told
            return instead(error)
        return answers[0] if isinstance(answers, list) else self._later(answers, instead)

    async def _later(self, answers: Awaitable[list[Any]], instead: Callable[[Exception], Any]) -> Any:
        try:
            [answer] = await answers
        except Exception as error:  # noqa: BLE001  # as above
            answer = instead(error)
        return await answer if self.is_awaitable(answer) else answer

    def _instead(self, details: FieldDetailsList, path: Path, stock: Callable[[], Any], error: Exception) -> Any:
        if self._met is None:
            self._met = located_error(error, [item.node for item in details], path.as_list())
        return stock()

    def _selection(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Selection:
        known, key = self.shape.selections, (kind, id(details))
        if key not in known:
            known[key] = Selection.of(self, kind, details)
        return known[key]
