"""What play.js does, with gql."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.async_transport import AsyncTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, parse, validate

_MISSING: Final = "00000000-0000-4000-8000-000000000000"


def operations() -> dict[str, DocumentNode]:
    """Each alone, by name."""
    document = parse((Path(__file__).parent / "operations.graphql").read_text())
    return {
        node.name.value: DocumentNode(definitions=(node,))
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and node.name
    }


async def play(transport: str, url: str, key: str, pair: str) -> dict[str, Any]:
    """Over HTTP, what is followed comes by WebSocket."""
    async with AsyncExitStack() as stack:
        follow = await stack.enter_async_context(Client(transport=_transport("WebSocket", url, key)))
        ask = await stack.enter_async_context(Client(transport=_transport(transport, url, key)))
        candles = await ask.execute(_request("Candles", symbol="BTC/USDT", last=2))
        job = (await ask.execute(_request("Sync", pair=pair)))["syncPair"]["job"]
        return {
            "query": [[node["timestamp"], node["close"]] for node in candles["candles"]["nodes"]],
            "mutation": job["status"],
            "subscription": await _followed(follow, ask, job["id"]),
            "errors": await _errors(ask, follow),
        }


async def schema(url: str) -> GraphQLSchema:
    async with Client(transport=_transport("POST", url, ""), fetch_schema_from_transport=True) as session:
        found: GraphQLSchema | None = session.client.schema
        assert found
        return found


def check(schema: GraphQLSchema, name: str) -> list[str]:
    """What is wrong with an operation before it is sent."""
    return [error.message for error in validate(schema, operations()[name])]


def _transport(kind: str, url: str, key: str) -> AsyncTransport:
    authorization = {"authorization": f"Bearer {key}"}
    if kind == "POST":
        return HTTPXAsyncTransport(url, headers=authorization if key else None)
    return WebsocketsTransport(url.replace("http", "ws", 1), init_payload=authorization)


def _request(name: str, **variables: Any) -> GraphQLRequest:
    return GraphQLRequest(operations()[name], variable_values=variables)


async def _followed(follow: AsyncClientSession, ask: AsyncClientSession, job: str) -> list[str]:
    """States of a job, which is cancelled as soon as the first is told."""
    states: list[str] = []
    async with asyncio.TaskGroup() as others:
        async for event in follow.subscribe(_request("Follow", job=job)):
            states.append(event["syncJob"]["status"])
            if len(states) == 1:
                others.create_task(ask.execute(_request("Cancel", job=job)))
    return states


async def _errors(ask: AsyncClientSession, follow: AsyncClientSession) -> dict[str, str]:
    return {
        "document": await _code(ask.execute(_request("Wrong"))),
        "variables": await _code(ask.execute(_request("Candles", symbol=1))),
        "query": await _code(ask.execute(_request("Candles", symbol="NOTHING/USDT"))),
        "mutation": await _code(ask.execute(_request("Sync", pair=_MISSING))),
        "subscription": await _code(anext(follow.subscribe(_request("Follow", job=_MISSING)))),
    }


async def _code(answer: Any) -> str:
    try:
        return f"no error, but {await answer}"
    except TransportQueryError as error:
        return str((error.errors or [{}])[0]["extensions"]["code"])
