"""Hostile documents, over HTTP and over WebSocket: refused with a code, at little cost, while others are served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from tests.api.process import Process
from tests.api.socket_client import socket
from tests.attacks.documents import REFUSED
from tests.attacks.vitals import computed, healthy

MAX_SECONDS: Final = 0.05  # of computing, for a refusal

_TIMES: Final = 4
_ROUNDS: Final = 3  # of which one has to do: a core that is shared computes more slowly
_CODES: Final = {"BAD_USER_INPUT", "QUERY_TOO_COSTLY"}


@asynccontextmanager
async def cheap(process: Process, times: int = _TIMES) -> AsyncIterator[None]:
    """Fails where each of so many refusals takes the server too long, whatever else the machine does."""
    begun = computed(process)
    yield
    each = (computed(process) - begun) / times
    print(f"{1e3 * each:.0f} ms of {1e3 * MAX_SECONDS:.0f}")
    assert each < MAX_SECONDS


def check(errors: list[dict[str, Any]], length: int) -> None:
    assert {error["extensions"]["code"] for error in errors} <= _CODES
    assert 1 <= len(errors) <= 5
    assert length < 8_000


@pytest.mark.parametrize("name", REFUSED)
async def test_hostile_documents_are_refused_at_little_cost(development: Process, name: str) -> None:
    """With a code, few errors and a short answer; the next is answered, on the same connection."""
    async with httpx.AsyncClient(base_url=development.url) as client:
        costs = []
        for place in range(_ROUNDS):
            begun = computed(development)
            for again in range(_TIMES):
                # A document that was not seen before.
                answer = await client.post("/graphql", json={"query": f"{REFUSED[name]} #{place} {again}"})
                check(answer.json()["errors"], len(answer.content))
            costs.append((computed(development) - begun) / _TIMES)
            if costs[-1] < MAX_SECONDS:
                break
        assert min(costs) < MAX_SECONDS
        assert (await client.post("/graphql", json={"query": "{ __typename }"})).json()["data"]


async def test_the_same_over_websocket(development: Process) -> None:
    """One after the other on one connection, which goes on, and all of them cost as little."""
    async with socket(development.url) as wire, cheap(development, len(REFUSED)):
        for document in REFUSED.values():
            await wire.subscribe(f"{document} #")
            message = await wire.receive()
            if message["type"] == "next":  # it began, and cannot end well
                message["payload"] = message["payload"]["errors"]
                assert (await wire.receive())["type"] == "complete"
            check(message["payload"], len(str(message)))


BODIES: Final = {
    "10,000 aliases": '{"query": "{' + " ".join(f"a{place}: __typename" for place in range(10_000)) + '}"}',
    "a query of 1 MB": '{"query": "{ __typename }' + " " * 1_000_000 + '"}',
    "a text of 5 MB": '{"query": "query($s: String) { coins(search: $s) { totalCount } }", "variables": {"s": "'
    + "x" * 5_000_000
    + '"}}',
    "10,000 directives": '{"query": "{ __typename ' + "@include(if: true) " * 10_000 + '}"}',
    "10,000 unused variables": '{"query": "query(' + " ".join(f"$v{n}: Int" for n in range(10_000)) + ') { a }"}',
    "a batch of 100": "[" + ", ".join(['{"query": "{ __typename }"}'] * 100) + "]",
    "30,000 levels of JSON": '{"query": "{ __typename }", "variables": {"a": ' + "[" * 30_000 + "]" * 30_000 + "}}",
}


@pytest.mark.parametrize("name", BODIES)
async def test_hostile_bodies_are_refused_at_little_cost(development: Process, name: str) -> None:
    """Before anything is made of them."""
    async with httpx.AsyncClient(base_url=development.url) as client, cheap(development):
        for _ in range(_TIMES):
            answer = await client.post("/graphql", content=BODIES[name], headers={"Content-Type": "application/json"})
            assert answer.status_code in {400, 413}
            check(answer.json()["errors"], len(answer.content))


async def test_the_server_stays_healthy_throughout(development: Process) -> None:
    """It keeps little of all of them together, and others are answered meanwhile; also where all come at once."""
    for left in reversed(range(_ROUNDS)):
        try:
            await _battery(development, left)
        except AssertionError:
            if not left:
                raise
        else:
            return


async def _battery(process: Process, number: int) -> None:
    async with healthy(process, "the battery"), httpx.AsyncClient(base_url=process.url) as client:
        for document in REFUSED.values():
            await client.post("/graphql", json={"query": f"{document} #healthy {number}"})
        async with socket(process.url) as wire:
            waiting = {await wire.subscribe(f"{document} #at once {number}") for document in REFUSED.values()}
            while waiting:
                message = await wire.receive()
                waiting -= {message["id"]} if message["type"] != "next" else set()
