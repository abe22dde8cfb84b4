"""Clients of others, with an API key in production, over every transport that they and we have."""

from typing import Any

import pytest

from domain.settings import Settings
from tests import factories
from tests.api.process import Process
from tests.clients import gql_client
from tests.clients.conftest import Run

pytestmark = pytest.mark.timeout(300)  # the first installs the clients

EVERY_TRANSPORT = ("POST", "GET", "WebSocket")
REFUSED = {
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
    "errors": REFUSED,
}


@pytest.fixture
async def pair(settings: Settings) -> str:
    """Id of one with an hour of candles; there are two others."""
    made = await factories.pair()
    await factories.history(made, 60)
    for symbol in ("ETH/USDT", "SOL/USDT"):
        await factories.pair(symbol)
    return str(made.id)


def without_errors_of(*names: str) -> dict[str, Any]:
    return {**PLAYED, "errors": {name: code for name, code in REFUSED.items() if name not in names}}


@pytest.mark.parametrize(
    ("client", "transports"),
    [("apollo", EVERY_TRANSPORT), ("urql", EVERY_TRANSPORT), ("graphql-ws", ["WebSocket"])],
    ids=["apollo", "urql", "graphql-ws"],
)
def test_a_client_works_as_it_is(
    run: Run, production: Process, key: str, pair: str, client: str, transports: list[str]
) -> None:
    """Query, mutation, subscription and the errors of each; over HTTP, what is followed comes by WebSocket."""
    found = run(f"{client}.js", f"{production.url}/graphql", key, pair)

    assert found == dict.fromkeys(transports, PLAYED)


def test_graphql_request_works_as_it_is(run: Run, production: Process, key: str, pair: str) -> None:
    """It asks, and follows nothing."""
    found = run("graphql-request.js", f"{production.url}/graphql", key, pair)

    asked = {**without_errors_of("subscription"), "subscription": ["CANCELLED"]}
    assert found == {"POST": asked, "GET": asked}


def test_relay_works_as_it_is(run: Run, production: Process, key: str, pair: str) -> None:
    """Its compiler takes our connections and nodes for its own; a wrong document it does not compile."""
    found = run("relay.js", f"{production.url}/graphql", key, pair)

    played = without_errors_of("document")
    assert (found["POST"], found["WebSocket"]) == (played, played)
    assert found["pages"] == [["BTC/USDT"], ["ETH/USDT", "SOL/USDT"]]
    assert found["again"] == "STALE"


@pytest.mark.parametrize("client", ["apollo", "urql", "graphql-request", "graphql-ws", "relay"])
def test_a_client_understands_that_it_is_not_let_in(run: Run, production: Process, pair: str, client: str) -> None:
    """Over HTTP by the code of the error, over WebSocket by the code that closes it."""
    found = run(f"{client}.js", f"{production.url}/graphql", "wrong", pair)

    assert found
    for transport, told in found.items():
        assert ("4401" if transport == "WebSocket" else "UNAUTHENTICATED") in str(told["refused"])


@pytest.mark.parametrize("transport", ["POST", "WebSocket"])
async def test_gql_works_as_it_is(production: Process, key: str, pair: str, transport: str) -> None:
    """Python's own."""
    assert await gql_client.play(transport, f"{production.url}/graphql", key, pair) == PLAYED


async def test_gql_reads_the_schema_that_is_served(development: Process) -> None:
    """With descriptions, and everything that clients check their queries against."""
    schema = await gql_client.schema(f"{development.url}/graphql")

    assert gql_client.check(schema, "Candles") == []
    assert gql_client.check(schema, "Wrong") != []


def test_types_can_be_made_of_the_schema_that_is_served(run: Run, development: Process) -> None:
    """TypeScript, by graphql-codegen; each scalar is known, and what nobody may send or get does not compile."""
    assert run("codegen.js", f"{development.url}/graphql") == {"wrong": ""}
