"""How large a document may be: fragments count as often as they are spread, and are worked out only once."""

import time

import pytest
from graphql import GraphQLError, get_introspection_query, parse

from api.execution.limits import LIMITS, Size, excess
from tests.api.client import Client
from tests.attacks.documents import bomb


def refusals(document: str, limits: Size = LIMITS) -> list[GraphQLError]:
    return excess(parse(document), limits)


ALLOWED = {
    "a plain one": "{ coins { nodes { id } } }",
    "20 root fields": "{" + " ".join(f"f{place}: timeframes {{ minutes }}" for place in range(20)) + "}",
    "depth 10": "{ pairs { nodes { coin { pairs { nodes { coin { pairs { nodes { coin { id } } } } } } } } } }",
    "40 aliases": "{" + " ".join(f"f{place}: __typename" for place in range(40)) + "}",
    "40 directives": "{" + "__typename @include(if: true) " * 40 + "}",
    "a fragment spread often": "{ coins { nodes { ...c } edges { node { ...c } } } } fragment c on Coin { id name }",
    "the schema's own query": get_introspection_query(input_value_deprecation=True),
}


@pytest.mark.parametrize("name", ALLOWED)
async def test_ordinary_documents_are_answered(api: Client, name: str) -> None:
    """What clients send is far from the limits."""
    assert await api.data(ALLOWED[name])


async def test_a_query_of_3000_characters_is_answered(api: Client) -> None:
    """However its characters are spent."""
    for text in ("timeframes { id interval minutes } ", "timeframes{id}"):
        query = "{" + text * 50
        query += "#" * (2_998 - len(query)) + "\n}"

        assert len(query) == 3_000
        assert await api.data(query)


def test_working_out_a_bomb_of_2_to_the_30_takes_no_time() -> None:
    """Its work grows with its text, not with what it spells out."""
    document = parse(bomb(30))
    seconds = []
    for _ in range(5):  # one or two of them may meet Python's own clearing up
        start = time.process_time()
        [error] = excess(document)
        seconds.append(time.process_time() - start)

    assert min(seconds) < 0.05
    assert "millions of fields" in error.message


@pytest.mark.parametrize(
    ("limits", "document"),
    [
        (Size(2, 9, 9, 9, 9), "{ a { b } }"),
        (Size(9, 3, 9, 9, 9), "{ a { b } c }"),
        (Size(9, 9, 2, 9, 9), "{ x: a { y: b } }"),
        (Size(9, 9, 9, 3, 9), "query @d { a @d { b @d } }"),
        (Size(9, 9, 9, 9, 2), "{ a { b c } d }"),
    ],
)
def test_each_limit_allows_what_it_says_and_no_more(limits: Size, document: str) -> None:
    """The largest that is allowed is; one less allowance refuses it."""
    assert refusals(document, limits) == []

    tight = min(("depth", "fields", "aliases", "directives", "root_fields"), key=lambda name: getattr(limits, name))
    lower = Size(**{name: getattr(limits, name) - (name == tight) for name in Size.__slots__})
    assert len(refusals(document, lower)) == 1


@pytest.mark.parametrize(
    "document",
    [
        "{ ...f ...f } fragment f on Q { a: b }",
        "{ ... { ... on Q { x: a y: b } } }",
        "{ a { ...f } c: d } fragment f on Q { b: c }",
    ],
)
def test_fragments_hide_nothing(document: str) -> None:
    """What is spread or inlined counts where it lands, each time."""
    assert refusals(document, Size(9, 9, 2, 9, 9)) == []
    assert len(refusals(document, Size(9, 9, 1, 9, 9))) == 1


def test_every_operation_of_a_document_is_looked_at() -> None:
    """Not only the one that will run."""
    small, large = "query a { x }", "query b { x y z }"

    assert len(refusals(f"{small} {large}", Size(9, 2, 9, 9, 9))) == 1
