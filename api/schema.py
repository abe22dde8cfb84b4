"""The schema as it is served; `python -m api.schema FILE` writes its SDL."""

import sys
from pathlib import Path

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.schema.config import StrawberryConfig

from api.execution.direct import resolve_directly
from api.execution.documents import Documents
from api.execution.executor import WritingExecutor
from api.execution.operations import Operations
from api.execution.stock import StockExecutor
from api.metering import announce_operations
from api.mutations.coins import CoinMutations
from api.mutations.exchanges import ExchangeMutations
from api.mutations.pairs import PairMutations
from api.mutations.sync import SyncMutations
from api.queries import Query
from api.subscriptions import Subscription
from api.types.scalars import SCALARS


@strawberry.type(
    description="Everything that can be changed. No mutation waits for an exchange: a job is written and enqueued."
)
class Mutation(PairMutations, ExchangeMutations, CoinMutations, SyncMutations):
    pass


def build_schema() -> GraphQLSchema:
    """What is executed, by graphql-core: Strawberry's own execution is left out for speed."""
    return _core(_built())


def _built() -> strawberry.Schema:
    config = StrawberryConfig(scalar_map=SCALARS)
    schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription, config=config)
    _leave_out_null_defaults(_core(schema))
    resolve_directly(_core(schema))
    return schema


def _core(schema: strawberry.Schema) -> GraphQLSchema:
    return schema._schema  # noqa: SLF001  # Strawberry shows it to nobody


def build_operations(
    *, allows_introspection: bool = True, executor: type[StockExecutor] = WritingExecutor
) -> Operations:
    schema = build_schema()
    announce_operations(schema)
    return Operations(Documents(schema, allows_introspection=allows_introspection), executor)


def _leave_out_null_defaults(schema: GraphQLSchema) -> None:
    """An argument that may be null may be left out: Strawberry would say so once more, with a default of null."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            values = list(kind.fields.values())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            values = [argument for field in kind.fields.values() for argument in field.args.values()]
        else:
            continue
        for value in values:
            if value.default_value is None:
                value.default_value = Undefined


def sdl() -> str:
    """The schema in its own language, with a line end."""
    return _built().as_str() + "\n"


def main(arguments: list[str]) -> int:
    [path] = arguments
    Path(path).write_text(sdl())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
