"""Whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from api import probe
from domain.database import connection
from domain.heartbeat import beat, live_workers
from domain.queue import redis
from domain.settings import Settings
from tests.patience import PATIENCE


@pytest.fixture
async def worker(settings: Settings) -> AsyncIterator[None]:
    """The heartbeat of a worker."""
    async with redis(settings.redis_url) as client:
        beating = asyncio.create_task(beat(client, "{}"))
        async with asyncio.timeout(PATIENCE):
            while not await live_workers(client):  # noqa: ASYNC110  # another process may be the one that beats
                await asyncio.sleep(0.01)
        yield
        beating.cancel()


async def test_the_process_is_healthy_by_itself(http: httpx.AsyncClient) -> None:
    """It asks nobody."""
    response = await http.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_without_a_worker_it_is_not_ready(http: httpx.AsyncClient) -> None:
    """Jobs would wait; the answer says what is missing."""
    response = await http.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "database": "ok",
        "schema": "ok",
        "redis": "ok",
        "worker": "none is alive",
    }


@pytest.mark.usefixtures("worker")
async def test_with_everything_there_it_is_ready(http: httpx.AsyncClient) -> None:
    """Database, schema, Redis and a worker."""
    response = await http.get("/readyz")

    assert (response.status_code, response.json()["ready"]) == (200, True)


@pytest.mark.usefixtures("worker")
async def test_behind_the_programs_schema_it_is_not_ready(http: httpx.AsyncClient) -> None:
    """As after an upgrade whose migrations were not applied."""
    async with connection() as db:
        rows = await db.fetch("DELETE FROM aerich RETURNING version, app, content")
    try:
        response = await http.get("/readyz")
    finally:
        async with connection() as db:
            await db.executemany(
                "INSERT INTO aerich (version, app, content) VALUES ($1, $2, $3)", [tuple(row) for row in rows]
            )

    assert response.status_code == 503
    assert response.json()["schema"] == f"lacks {len(rows)} migrations"


@pytest.mark.parametrize(("host", "own"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.1", "127.0.0.1")])
async def test_the_probe_asks_where_the_api_listens(host: str, own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By IPv6 where it listens on nothing else."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, own, 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HOST", host)
        monkeypatch.setenv("PORT", str(port))
        assert await asyncio.to_thread(probe.main) == 0
    assert await asyncio.to_thread(probe.main) == 1
