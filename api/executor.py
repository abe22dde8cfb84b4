"""The stock executor, but for costs that are known first, and for objects that write themselves."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from typing_extensions import override

from api.context import Context
from api.cost import Pricing
from api.selection import Selection
from domain.errors import QueryTooCostlyError

_CHEAPER: Final = "Candles count once for each of their fields: ask for fewer of them, or for a longer interval."


class Written(ABC):
    """A value of an object type that answers all of its selected fields at once."""

    @abstractmethod
    def write(self, selection: Selection) -> AwaitableOrValue[Any]:
        """What stands in the answer: exactly what the stock executor would have made of the value.

        Parts of it may be `orjson.Fragment`s. Raises what the field's resolver may raise.
        """


class WritingExecutor(StrawberryGraphQLCoreExecutionContext):
    @override
    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[DeferUsage],
    ) -> AwaitableOrValue[dict[str, Any]]:
        self._refuse_costly(root_type, grouped_field_set)
        return super().execute_collected_root_fields(
            root_type, root_value, grouped_field_set, serially, new_defer_usages
        )

    def _refuse_costly(self, root_type: GraphQLObjectType, grouped: GroupedFieldSet) -> None:
        context: Context = self.context_value
        context.cost = cost = Pricing(context.max_page_candles).of(Selection(self, root_type, []), grouped)
        if cost > context.max_query_cost:
            told = f"This query may cost {cost:,}, and {context.max_query_cost:,} are allowed. {_CHEAPER}"
            raise GraphQLError(told, original_error=QueryTooCostlyError(told))

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
            return result.write(Selection(self, return_type, field_details_list))
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)
