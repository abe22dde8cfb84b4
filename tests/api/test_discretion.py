"""What is told of an error where the schema is hidden: what is wrong, in words that the client knows."""

from typing import Any

import pytest
from graphql import ExecutionResult, OperationType

from api.discretion import discreet
from api.execution.operations import GraphQLRequest, Operations
from api.schema import build_operations
from tests.attacks.broken import BROKEN


@pytest.fixture(scope="module")
def operations() -> Operations:
    return build_operations(allows_introspection=False)


@pytest.mark.parametrize(("text", "variables"), BROKEN, ids=range(len(BROKEN)))
def test_every_kind_of_mistake_is_still_told_from_the_others(
    operations: Operations, text: str, variables: dict[str, Any]
) -> None:
    """None becomes the sentence that says nothing."""
    result = operations.prepare(GraphQLRequest(text, variables), frozenset(OperationType))
    if not isinstance(result, ExecutionResult):
        pytest.skip("it is only found when it is executed")
    for error in result.errors or []:
        assert discreet(error.message) != discreet("")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Cannot query field 'con' on type 'Query'. Did you mean 'coin'?", "There is no field 'con' here."),
        (
            "Variable '$f' has invalid value at .kind: Value 'x' does not exist in 'SyncKind' enum.",
            "Variable '$f' has an invalid value at .kind: There is no value 'x' here.",
        ),
        (
            (
                "Fields 'a' conflict because they return conflicting types 'A' and '[B!]' and subfields 'c' conflict "
                "because they return conflicting types 'C' and 'D'. Use different aliases."
            ),
            (
                "Fields 'a' conflict because they return different types and subfields 'c' conflict "
                "because they return different types. Use different aliases."
            ),
        ),
        ("Syntax Error: Unexpected Name 'x'.", "Syntax Error: Unexpected Name 'x'."),
        ("A sentence of tomorrow's version about 'Coin.name'.", "This is not valid here."),
    ],
)
def test_what_is_told_names_nothing_of_ours(message: str, told: str) -> None:
    """What is not known to be harmless is not told."""
    assert discreet(message) == told
