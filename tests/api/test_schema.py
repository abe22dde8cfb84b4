"""The published schema: committed, described, and all that the contract says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_specified_scalar_type,
)

from api.schema import main, sdl
from tests.api.contract import differences

HERE = Path(__file__).parent
PUBLISHED = HERE.parent.parent / "api" / "schema.graphql"


@pytest.fixture(scope="module")
def served() -> GraphQLSchema:
    return build_schema(sdl())


def test_the_published_schema_is_the_served_one() -> None:
    """`make schema` writes it, so that every change shows in the diff."""
    assert PUBLISHED.read_text() == sdl()


def test_the_schema_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    """The command that `make schema` runs."""
    assert main([str(tmp_path / "schema.graphql")]) == 0
    assert (tmp_path / "schema.graphql").read_text() == sdl()


def test_the_contract_is_kept(served: GraphQLSchema) -> None:
    """Names, types, arguments, defaults and nullability."""
    contract = build_schema((HERE / "contract.graphql").read_text())

    assert differences(contract, served) == []


def test_the_contract_check_sees_every_kind_of_difference() -> None:
    """A field, a type, an argument, a default, an enum value, an interface, an input field."""
    contract = build_schema("""
        interface N { id: ID! } enum E { A B } input I { x: Int = 1 y: Int }
        type Query implements N { id: ID! a(x: Int = 1, y: I, e: E): String! b: Int c: [Int!]! }
    """)
    served = build_schema("""
        enum E { A } input I { x: Int = 2 z: Int! }
        type Query { id: ID! a(x: Int, y: I, z: Int!): String! c: [Int]! }
    """)

    assert sorted(differences(contract, served)) == [
        "E.B",
        "I(x)",
        "I(y)",
        "I(z) is new and required",
        "N",
        "Query implements N",
        "Query.a(e)",
        "Query.a(x)",
        "Query.a(z) is new and required",
        "Query.b",
        "Query.c",
    ]


def undescribed(kind: GraphQLNamedType) -> Iterator[str]:
    if not kind.description:
        yield kind.name
    if isinstance(kind, GraphQLEnumType):
        yield from (f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description)
    if isinstance(kind, GraphQLInputObjectType):
        yield from (f"{kind.name}.{name}" for name, field in kind.fields.items() if not field.description)
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            if not field.description:
                yield f"{kind.name}.{name}"
            yield from (f"{kind.name}.{name}({key})" for key, item in field.args.items() if not item.description)


def test_everything_is_described(served: GraphQLSchema) -> None:
    """Each type, field, argument, input field and enum value says what it is."""
    kinds = [
        kind
        for name, kind in served.type_map.items()
        if not name.startswith("__") and not is_specified_scalar_type(kind)
    ]

    assert [line for kind in kinds for line in undescribed(kind)] == []
