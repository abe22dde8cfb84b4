"""What goes wrong inside stays inside: the client has a code and the id under which the log tells all of it."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import asyncpg
import httpx
import pytest
import strawberry
from redis.exceptions import ConnectionError as RedisConnectionError

from api.__main__ import server_config
from api.app import create_app, without_detour
from api.execution.documents import Documents
from api.execution.operations import Operations
from api.http.transport import Endpoint
from api.socket.endpoint import SocketEndpoint
from domain.clock import system_clock
from domain.settings import Settings
from tests.api.conftest import running
from tests.api.socket_client import socket
from tests.conftest import empty

REQUESTS: Final = 50  # at the same time


class NetworkError(Exception):
    """As CCXT raises it, with the address and whatever stands in it."""


KINDS: Final[dict[str, Callable[[str], Exception]]] = {
    "sql": lambda secret: asyncpg.UndefinedTableError(f'relation "{secret}" does not exist at SELECT * FROM {secret}'),
    "key": KeyError,
    "exchange": lambda secret: NetworkError(f"binance GET https://api.example/v3/klines?apiKey={secret}"),
    "timeout": lambda secret: TimeoutError(f"connect to {secret}:5432"),
    "redis": lambda secret: RedisConnectionError(f"Error 111 connecting to {secret}:6379"),
    "ours": AssertionError,
}
INTERNAL: Final = {"sql", "key", "exchange", "ours"}


@strawberry.type
class Query:
    @strawberry.field
    async def fails(self, kind: str, secret: str) -> str:
        await asyncio.sleep(0.05)  # until all are under way
        raise KINDS[kind](f"{secret}-inside")


@pytest.fixture
async def planted(installation: Settings) -> AsyncIterator[str]:
    """An API as it is served, whose one field fails."""
    operations = Operations(Documents(strawberry.Schema(Query)._schema, allows_introspection=False))
    graphql: dict[str, Any] = {
        "http": Endpoint(operations, serves_page=False, hides_schema=True),
        "websocket": SocketEndpoint(operations, hides_schema=True),
    }
    app = without_detour(graphql, create_app(installation, system_clock))
    async with running(server_config(app, installation)) as server:
        yield server.url
        await empty(installation)


def asking(kind: str, number: int) -> dict[str, Any]:
    query = "query($kind: String!, $secret: String!) { fails(kind: $kind, secret: $secret) }"
    return {"query": query, "variables": {"kind": kind, "secret": f"planted{number}x"}}


def told(caplog: pytest.LogCaptureFixture, request_id: str) -> str:
    """What the log has under the id, with its trace."""
    formatter = logging.Formatter()
    return "\n".join(formatter.format(record) for record in caplog.records if request_id in record.getMessage())


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_raised_leaks_nothing_into_any_of_fifty_answers(
    planted: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each has the id of its own request, under which the log has its own trace and no other's."""
    async with httpx.AsyncClient(base_url=planted, timeout=30) as client:
        answers = await asyncio.gather(
            *(client.post("/graphql", json=asking(kind, number)) for number in range(REQUESTS))
        )
    for number, answer in enumerate(answers):
        request_id = answer.headers["x-request-id"]
        [error] = answer.json()["errors"]
        log = told(caplog, request_id)

        assert "inside" not in f"{answer.headers} {answer.text}"
        assert set(re.findall(r"planted\d+x-inside", log)) == {f"planted{number}x-inside"}
        if kind in INTERNAL:
            assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
            assert error["message"] == f"Something went wrong on our side. It was logged as request {request_id}."
            assert "Traceback" in log
        else:
            assert error["extensions"] == {"code": "UNAVAILABLE"}


async def test_over_one_websocket_neither(planted: str, caplog: pytest.LogCaptureFixture) -> None:
    """All kinds at once, fifty operations, each with an id of its own."""
    async with socket(planted) as wire:
        kinds = [list(KINDS)[number % len(KINDS)] for number in range(REQUESTS)]
        for number, kind in enumerate(kinds):
            await wire.send(type="subscribe", id=str(number), payload=asking(kind, number))
        messages = [await wire.receive() for _ in range(2 * REQUESTS)]
    answers = {int(message["id"]): message["payload"] for message in messages if message["type"] == "next"}

    assert "inside" not in str(messages)
    for number, kind in enumerate(kinds):
        [error] = answers[number]["errors"]
        assert error["extensions"]["code"] == ("INTERNAL" if kind in INTERNAL else "UNAVAILABLE")
        if kind in INTERNAL:
            log = told(caplog, error["extensions"]["requestId"])
            assert set(re.findall(r"planted\d+x-inside", log)) == {f"planted{number}x-inside"}
