"""The API as it is served, over real HTTP, in the test's own process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from socket import socket
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.types import ASGIApp
from tortoise.connection import get_connection

from api.__main__ import server_config
from api.app import create_app
from domain.settings import Settings
from tests.api.client import Client
from tests.conftest import TABLES, empty

NOW = datetime(2024, 3, 1, 12, 0, 30, tzinfo=UTC)


class InProcessServer(uvicorn.Server):
    """A server that leaves the signals to the test run, and says when it is there."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_there = asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_there.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @property
    def url(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"


@asynccontextmanager
async def served(app: ASGIApp, settings: Settings) -> AsyncIterator[str]:
    """The address of the application for the time of the block."""
    async with running(server_config(app, settings)) as server:
        yield server.url


@asynccontextmanager
async def running(config: uvicorn.Config) -> AsyncIterator[InProcessServer]:
    server = InProcessServer(config)
    serving = asyncio.create_task(server.serve())
    arrival = asyncio.create_task(server.is_there.wait())
    await asyncio.wait({serving, arrival}, return_when=asyncio.FIRST_COMPLETED)
    assert server.started, "the application refused to start; its log says why"
    try:
        yield server
    finally:
        server.should_exit = True
        await serving


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def address(installation: Settings) -> AsyncIterator[str]:
    """The API of an installation, whose clock stands still."""
    async with served(create_app(installation, lambda: NOW), installation) as url:
        yield url


@pytest.fixture
async def settings(installation: Settings, address: str) -> AsyncIterator[Settings]:
    """The installation behind the API, emptied after the test."""
    yield installation
    await empty(installation)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def connections(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, timeout=10) as client:
        yield client


@pytest.fixture
def http(connections: httpx.AsyncClient, settings: Settings) -> httpx.AsyncClient:
    """Bare HTTP to the API."""
    return connections


@pytest.fixture
def api(http: httpx.AsyncClient) -> Client:
    return Client(http)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def statements(settings: Settings) -> AsyncIterator[list[str]]:
    """What the API says to PostgreSQL about our tables; its driver has a word with it, too."""
    pool = get_connection("default")._pool
    connections = [await pool.acquire() for _ in range(pool.get_max_size())]
    said: list[str] = []

    def listen(record: Any) -> None:
        if any(table in record.query for table in TABLES):
            said.append(record.query)

    for connection in connections:
        connection._con.add_query_logger(listen)
        await pool.release(connection)
    yield said
    for connection in connections:
        if connection._con:
            connection._con.remove_query_logger(listen)
