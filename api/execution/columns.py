"""Objects of a type answered all at once: each selected field is worked out for all of them, as a column.

What comes of it is what the stock executor makes of the same resolvers, or any exception: which field an error belongs
to, and what becomes null with it, is for the stock executor to tell; outages it is told of.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
)
from graphql.execution import Executor, default_field_resolver
from graphql.pyutils import Path
from strawberry import Info
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from api.context import Context
from api.execution.given import GivenArguments
from api.execution.pending import Values, every, pending, then, together
from api.execution.selection import TYPENAME, SelectedField, Selection
from api.execution.written import Written
from api.fields import FOR_ALL
from domain.outage import is_outage

# From the values of a field, or of whole objects, to the next ones; it knows no request but the one it is given.
Step: TypeAlias = Callable[[list[Any], Executor[Any]], Values]

DEFINITION: Final = GraphQLCoreConverter.DEFINITION_BACKREF

# Scalars whose values stand in the answer as they are where they have this type already.
_AS_THEY_ARE: Final = {"String": str, "ID": str, "Decimal": str, "Boolean": bool}


def completion(kind: GraphQLOutputType, below: Selection) -> Step:
    """From what resolvers return for a field of that type to what stands in the answer."""
    if isinstance(kind, GraphQLNonNull):
        complete = completion(kind.of_type, below)
        return lambda values, executor: then(complete(values, executor), _none_null)
    if isinstance(kind, GraphQLList):
        return partial(_lists, completion(kind.of_type, below))
    if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
        return partial(_leaves, kind.coerce_output_value, _AS_THEY_ARE.get(kind.name))
    if isinstance(kind, GraphQLObjectType):
        return partial(_present, below.derived(_objects))
    raise NotImplementedError(f"only the object itself knows which type of {kind} it is")


def _none_null(values: list[Any]) -> list[Any]:
    if None in values:
        raise TypeError("a field that cannot be null is null")
    return values


def _leaves(coerce: Callable[[Any], Any], plain: type | None, values: list[Any], _: Executor[Any]) -> list[Any]:
    return [value if value is None or type(value) is plain else coerce(value) for value in values]


def _present(step: Step, values: list[Any], executor: Executor[Any]) -> Values:
    """The step for what is not null, once for what many have in common."""
    distinct = {id(value): value for value in values if value is not None}
    if len(distinct) == len(values):
        return step(values, executor)
    return then(step(list(distinct.values()), executor), partial(_in_place, values, distinct))


def _in_place(values: list[Any], distinct: Iterable[int], answers: list[Any]) -> list[Any]:
    found = dict(zip(distinct, answers, strict=True))
    return [None if value is None else found[id(value)] for value in values]


def _lists(items: Step, values: list[Any], executor: Executor[Any]) -> Values:
    """The items of all lists at once."""
    flat = list(chain.from_iterable(value for value in values if value is not None))
    return then(items(flat, executor), partial(_parted, values))


def _parted(values: list[Any], answers: list[Any]) -> list[Any]:
    rest = iter(answers)
    return [None if value is None else list(islice(rest, len(value))) for value in values]


def _objects(selection: Selection) -> Step:
    if issubclass(selection.type.extensions[DEFINITION].origin, Written):
        return partial(_written, selection)
    keys = [field.key for field in selection]
    columns = [_column(selection.type, field) for field in selection]

    def rows(found: list[Any]) -> list[Any]:
        return [dict(zip(keys, row, strict=True)) for row in zip(*found, strict=True)]

    def write(sources: list[Any], executor: Executor[Any]) -> Values:
        return then(_worked_out(columns, sources, executor), rows) if keys else [{} for _ in sources]

    return write


def _written(selection: Selection, sources: list[Any], executor: Executor[Any]) -> Values:
    answers = [source.write(selection) for source in sources]
    return every(answers) if answers and executor.is_awaitable(answers[0]) else answers


def _worked_out(columns: Sequence[Step], sources: list[Any], executor: Executor[Any]) -> Values:
    """The columns of all fields; where one raises at once, nobody waits for the others."""
    begun = list[Values]()
    try:
        for column in columns:
            begun.append(column(sources, executor))  # what has begun must be known when one raises
    except Exception:
        executor.settle_in_background(pending(begun))
        raise
    return together(begun)


def _column(kind: GraphQLObjectType, field: SelectedField) -> Step:
    if field.name == TYPENAME:
        return lambda sources, _: [kind.name] * len(sources)
    definition = kind.fields[field.name]
    resolve, complete = _resolution(kind, definition, field), completion(definition.type, field.below)

    def column(sources: list[Any], executor: Executor[Any]) -> Values:
        found = then(resolve(sources, executor), lambda values: complete(values, executor))
        return found if isinstance(found, list) else _noted(found, field.nodes[0], executor.context_value)

    return column


async def _noted(found: Awaitable[list[Any]], node: FieldNode, context: Context) -> list[Any]:
    """Lets the stock executor know of an outage, which nobody is to wait for twice."""
    try:
        return await found
    except Exception as error:
        if is_outage(error) and error not in context.outages.values():  # else it belongs to a field further below
            context.outages[id(node)] = error
        raise


def _resolution(kind: GraphQLObjectType, definition: GraphQLField, field: SelectedField) -> Step:
    """From objects to what their resolvers return."""
    described: StrawberryField = definition.extensions[DEFINITION]
    if described.is_basic_field:
        attribute = attrgetter(described.python_name)
        return lambda sources, _: [attribute(source) for source in sources]
    info = partial(_info, kind, definition, field)
    if for_all := described.metadata.get(FOR_ALL):
        return lambda sources, executor: for_all(sources, Info(_raw_info=info(executor), _field=described))
    resolve: Callable[..., Any] = definition.resolve or default_field_resolver
    arguments = GivenArguments(definition, field.nodes[0])

    def resolved(sources: list[Any], executor: Executor[Any]) -> list[Any]:
        about, given = info(executor), arguments.values(executor.variable_values)
        return [resolve(source, about, **given) for source in sources]

    if described.is_async:
        return lambda sources, executor: every(resolved(sources, executor)) if sources else []
    return resolved


def _info(
    kind: GraphQLObjectType, definition: GraphQLField, field: SelectedField, executor: Executor[Any]
) -> GraphQLResolveInfo[Any]:
    """With the field's own place, not that of each object: resolvers do not look at it."""
    return executor.build_resolve_info(definition, field.nodes, kind, Path(None, field.key, kind.name))
