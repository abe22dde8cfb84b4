"""Clients of others, with an API key in production, over every transport that they and we have."""

import pytest

from domain.settings import Settings
from tests import factories
from tests.api.process import Process
from tests.clients.conftest import Run

HTTP = ("POST", "GET")
ERRORS = {
    "document": "BAD_USER_INPUT",
    "variables": "BAD_USER_INPUT",
    "query": "NOT_FOUND",
    "mutation": "NOT_FOUND",
    "subscription": "NOT_FOUND",
}
PLAYED = {
    "query": [["2024-03-01T00:58:00Z", "100.50"], ["2024-03-01T00:59:00Z", "100.50"]],
    "mutation": "QUEUED",
    "subscription": ["QUEUED", "CANCELLED"],
    "errors": ERRORS,
}


@pytest.fixture
async def pair(settings: Settings) -> str:
    """Id of one with an hour of candles."""
    made = await factories.pair()
    await factories.history(made, 60)
    return str(made.id)


@pytest.mark.parametrize(
    ("client", "transports"),
    [("apollo", (*HTTP, "WebSocket")), ("urql", (*HTTP, "WebSocket")), ("graphql-ws", ("WebSocket",))],
)
def test_a_client_works_as_it_is(
    run: Run, production: Process, key: str, pair: str, client: str, transports: tuple[str, ...]
) -> None:
    """Query, mutation, subscription and the errors of each; what is followed comes over WebSocket."""
    found = run(f"{client}.js", f"{production.url}/graphql", key, pair)

    assert found == dict.fromkeys(transports, PLAYED)
