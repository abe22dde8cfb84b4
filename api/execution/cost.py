"""What a query costs: candles times their fields, and one for every other field. Known before anything is read."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import VariableValues

from api.execution.given import GivenArguments
from api.execution.selection import TYPENAME
from domain.interval import Interval
from domain.live.candle_news import EVENT_CANDLES
from domain.paging import DEFAULT_CANDLES
from domain.storage.keyset import DEFAULT_FIRST, MAX_FIRST
from domain.storage.listings import WILDCARD

# How long a list is taken to be that has no bound of its own: exchanges, timeframes, ranges of a coverage.
_USUAL_LENGTH: Final = 10

_COUNTS: Final = ("first", "last", "limit")
_SIZING: Final = frozenset({*_COUNTS, "from", "to", "interval"})
_CANDLE_LISTS: Final = {"CandleConnection", "CandleSeries", "Comparison", "WeightedSeries"}

# Lists of candles that are parted by exchange: a candle in each of their slots for each of them.
_PARTED: Final = {"Comparison"}
_EVENTS: Final = {"CandleEvent"}

# Whose lists have an item for each pair that the input of a mutation matches.
_MATCHES: Final = {"AddPairsPayload", "FetchRecentCandlesPayload"}

# What an object takes before anything of it is asked for: a check reads a page of candles, however little it tells.
_TAKES: Final = {"Quality": 10_000}


@dataclass(frozen=True, slots=True)
class Part:
    """Fields below a field, for each type that its object may have.

    `is_listed` tells that the field is a list itself, `is_page` that it is as long as its object's arguments say,
    `is_parted` that the columns of its items are so together.
    """

    prices: Sequence["Price"]
    is_listed: bool
    is_page: bool
    is_parted: bool
    length: Callable[[VariableValues], int]

    def of(self, variables: VariableValues, length: int) -> int:
        if self.is_parted:
            return max(price.of(variables, length) for price in self.prices)
        below = max(price.of(variables, self.length(variables)) for price in self.prices)
        if self.is_listed:
            return (length if self.is_page else _USUAL_LENGTH) * below
        return 1 + below


@dataclass(frozen=True, slots=True)
class Price:
    """Of the fields of one object: `fixed` for those that cost the same always, `an_item` for its columns."""

    fixed: int
    an_item: int
    parts: Sequence[Part]

    def of(self, variables: VariableValues, length: int = 1) -> int:
        """`length` is that of the list which the object is a page of."""
        cost = self.fixed + self.an_item * length
        for part in self.parts:
            cost += part.of(variables, length)
        return cost


@dataclass(frozen=True, slots=True)
class Pricing:
    """Works out the prices of what an executor runs; `max_page` is the most candles that one list may hold."""

    executor: Executor[Any]
    max_page: int

    def of(self, kind: GraphQLObjectType, grouped: GroupedFieldSet) -> Price:
        fixed, an_item = _TAKES.get(kind.name, 0), 0
        parts = []
        for details in grouped.values():
            definition = kind.fields.get(details[0].node.name.value)
            if definition is None:
                fixed += details[0].node.name.value == TYPENAME
            elif possible := self._objects(definition):
                parts.append(self._part(kind, definition, possible, details))
            elif is_list_type(get_nullable_type(definition.type)):
                an_item += 1
            else:
                fixed += 1
        return Price(fixed, an_item, parts)

    def _objects(self, field: GraphQLField) -> Sequence[GraphQLObjectType]:
        """The types that an object of the field may have; none where it has no objects."""
        named = get_named_type(field.type)
        if is_abstract_type(named):
            return self.executor.schema.get_possible_types(named)
        return [named] if isinstance(named, GraphQLObjectType) else []

    def _part(
        self,
        kind: GraphQLObjectType,
        field: GraphQLField,
        possible: Sequence[GraphQLObjectType],
        details: FieldDetailsList,
    ) -> Part:
        prices = [self.of(each, self.executor.collect_subfields(each, details)[0]) for each in possible]
        return Part(
            prices,
            is_listed=is_list_type(get_nullable_type(field.type)),
            is_page=kind.name.endswith("Connection") or kind.name in _EVENTS | _MATCHES,
            is_parted=kind.name in _PARTED,
            length=self._length(possible[0].name, field, details[0].node),
        )

    def _length(self, kind: str, field: GraphQLField, node: FieldNode) -> Callable[[VariableValues], int]:
        """How many items the arguments of a field can make of a page; of wrong ones, which are refused later, 1."""
        if kind in _EVENTS:
            return lambda _: EVENT_CANDLES
        if not (field.args.keys() & _SIZING or kind in _MATCHES):
            return lambda _: 1
        given = GivenArguments(field, node)

        def length(variables: VariableValues) -> int:
            try:
                return self._items(kind, given.values(variables))
            except GraphQLError:
                return 1

        return length

    def _items(self, kind: str, arguments: Mapping[str, Any]) -> int:
        if kind in _MATCHES:
            return _matched(arguments.get("input") or {})
        count = next((count for name in _COUNTS if (count := arguments.get(name)) is not None), None)
        if kind not in _CANDLE_LISTS:
            usual = DEFAULT_FIRST if "first" in arguments else 1
            return usual if count is None else max(0, count)
        if count is None:
            count = self.max_page if arguments.get("from") else DEFAULT_CANDLES
        slots = max(0, min(count, self.max_page, _slots(arguments)))
        return slots * _exchanges(arguments) if kind in _PARTED else slots


def _matched(wanted: Mapping[str, Any]) -> int:
    """How many pairs match at most; where anything is left open, as many as a page of anything may have."""
    if {"exchange", "symbol", "interval"} <= {name for name, value in wanted.items() if value is not None}:
        return 1
    symbols = wanted.get("symbols")
    if symbols is None or any(WILDCARD in symbol for symbol in symbols):
        return MAX_FIRST
    pairs: int = len(symbols) * len(wanted["intervals"])
    return min(MAX_FIRST, pairs)


def _exchanges(arguments: Mapping[str, Any]) -> int:
    named = arguments.get("exchanges")
    return _USUAL_LENGTH if named is None else len(named)


def _slots(arguments: Mapping[str, Any]) -> int:
    """How many candles fit between from and to at most, of months of 30 days."""
    start, end, step = arguments.get("from"), arguments.get("to"), arguments.get("interval")
    if start is None or end is None or not isinstance(step, Interval):
        return sys.maxsize
    return int(-((start - end) // step.length))
