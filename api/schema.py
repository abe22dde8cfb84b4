"""The schema as it is served; `python -m api.schema FILE` writes its SDL."""

import sys
from pathlib import Path
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.extensions import MaxTokensLimiter, ParserCache, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext
from typing_extensions import override

from api.executor import WritingExecutor
from api.limits import MAX_TOKENS
from api.mutations.exchanges import ExchangeMutations
from api.mutations.pairs import PairMutations
from api.mutations.sync import SyncMutations
from api.queries import Query
from api.types.scalars import SCALARS
from api.validation import validation

# Documents that are remembered parsed; at 64 KiB a request they cannot fill the memory.
_REMEMBERED: Final = 256


@strawberry.type(
    description="Everything that can be changed. No mutation waits for an exchange: a job is written and enqueued."
)
class Mutation(PairMutations, ExchangeMutations, SyncMutations):
    pass


class Cost(SchemaExtension):
    @override
    def get_results(self) -> dict[str, Any]:
        cost = self.execution_context.context.cost
        return {} if cost is None else {"cost": cost}


class Schema(strawberry.Schema):
    @override
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: Strawberry would log what clients got wrong, and `api.errors` logs what we did."""


def build_schema(
    *, allows_introspection: bool = True, executor: type[StrawberryGraphQLCoreExecutionContext] = WritingExecutor
) -> Schema:
    schema = Schema(
        query=Query,
        mutation=Mutation,
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS),
            lambda: ParserCache(maxsize=_REMEMBERED),
            validation(allows_introspection=allows_introspection),
            Cost,
        ],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=executor,
    )
    _leave_out_null_defaults(schema._schema)  # noqa: SLF001
    return schema


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
    return build_schema().as_str() + "\n"


def main(arguments: list[str]) -> int:
    [path] = arguments
    Path(path).write_text(sdl())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
