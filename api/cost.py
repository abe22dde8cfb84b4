"""What a query costs: candles times their fields, and one for every other field. Known before anything is read."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLError, GraphQLField, GraphQLObjectType, get_named_type, get_nullable_type, is_list_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import get_argument_values

from api.selection import TYPENAME, Selection
from domain.interval import Interval
from domain.paging import DEFAULT_CANDLES

# How long a list is taken to be that has no bound of its own: exchanges, timeframes, ranges of a coverage.
_USUAL_LENGTH: Final = 10

_COUNTS: Final = ("first", "last", "limit")
_CANDLE_LISTS: Final = {"CandleConnection", "CandleSeries"}


@dataclass(frozen=True, slots=True)
class Pricing:
    """`max_page` is the most candles that one list may hold."""

    max_page: int

    def of(self, selection: Selection, grouped: GroupedFieldSet, length: int = 1) -> int:
        """The cost of the fields of one object; `length` is that of the list which the object is a page of."""
        return sum(self._field(selection, details, length) for details in grouped.values())

    def _field(self, selection: Selection, details: FieldDetailsList, length: int) -> int:
        node = details[0].node
        definition = selection.type.fields.get(node.name.value)
        if definition is None:
            return int(node.name.value == TYPENAME)
        kind = get_nullable_type(definition.type)
        named = get_named_type(kind)
        if not isinstance(named, GraphQLObjectType):
            return length if is_list_type(kind) else 1
        arguments = _arguments(selection, definition, details)
        below = Selection(selection.executor, named, details)
        grouped, *_ = selection.executor.collect_subfields(named, details)
        if is_list_type(kind):
            return (length if selection.type.name.endswith("Connection") else _USUAL_LENGTH) * self.of(below, grouped)
        return 1 + self.of(below, grouped, self._length(named.name, arguments))

    def _length(self, kind: str, arguments: Mapping[str, Any]) -> int:
        """How many items the arguments of a field can make of a page."""
        count = next((count for name in _COUNTS if (count := arguments.get(name)) is not None), None)
        if kind not in _CANDLE_LISTS:
            return 1 if count is None else max(0, count)
        if count is None:
            count = self.max_page if arguments.get("from") else DEFAULT_CANDLES
        return max(0, min(count, self.max_page, _slots(arguments)))


def _slots(arguments: Mapping[str, Any]) -> int:
    """How many candles fit between from and to."""
    start, end, step = arguments.get("from"), arguments.get("to"), arguments.get("interval")
    if start is None or end is None or not isinstance(step, Interval):
        return sys.maxsize
    try:
        return step.slots_between(start, end)
    except (OverflowError, ValueError):
        return sys.maxsize  # at the end of time the grid has no next slot


def _arguments(selection: Selection, field: GraphQLField, details: FieldDetailsList) -> Mapping[str, Any]:
    """What the field is given; nothing where the executor will refuse it."""
    try:
        return get_argument_values(field, details[0].node, selection.executor.variable_values) if field.args else {}
    except GraphQLError:
        return {}
