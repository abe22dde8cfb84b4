"""What the processes of an installation tell about themselves: metrics, logs, and reports of errors of our own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from domain.queue import redis
from domain.settings import Settings
from ops.local.address import free_port
from tests.api.process import environment, new_key, serving
from tests.api.socket_client import Socket, socket
from tests.exposed import Exposed
from tests.sentry_stand_in import SentryStandIn, sentry_stand_in
from tests.worker_process import working

EXCHANGES = '[[exchange]]\nname = "binance"\n[exchange.ccxt]\nsecret = "secret-of-binance"\n'


@pytest.fixture
def sentry() -> Iterator[SentryStandIn]:
    with sentry_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def environ(installation: Settings, sentry: SentryStandIn, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "exchanges.toml"
    file.write_text(EXCHANGES)
    return environment(
        installation, APP_ENV="production", SENTRY_DSN=sentry.dsn, EXCHANGES_FILE=str(file), LOG_FORMAT="json"
    )


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture
async def broken_coins(installation: Settings) -> AsyncIterator[None]:
    """A table that is not as the API believes it to be."""
    server = await asyncpg.connect(host=installation.db_host, user=installation.db_user, database=installation.db_name)
    await server.execute("ALTER TABLE coins RENAME COLUMN name TO elsewhere")
    yield
    await server.execute("ALTER TABLE coins RENAME COLUMN elsewhere TO name")
    await server.close()


def test_an_error_of_the_api_is_logged_and_reported_under_the_id_of_its_request(
    environ: dict[str, str], sentry: SentryStandIn, broken_coins: None, tmp_path: Path
) -> None:
    """As one line of JSON with the trace, and without anything of the request."""
    key = new_key(environ, "telling", "read")
    with serving(environ, tmp_path / "log") as process:
        query = {"query": 'query Mine { coin(symbol: "of-a-client") { id } }'}
        headers = {"Authorization": f"Bearer {key}", "Cookie": "session=of-a-client"}
        answer = httpx.post(f"{process.url}/graphql", json=query, headers=headers)
        request_id = answer.headers["x-request-id"]
        reported = sentry.event(request_id)
        assert process.stop() == 0
    [logged] = [line for line in lines(tmp_path / "log") if line["level"] == "error"]

    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert logged["request_id"] == request_id
    assert key.startswith(f"{logged['caller']}_")
    assert "UndefinedColumnError" in logged["exception"]
    assert reported["tags"]["request_id"] == request_id
    assert reported["exception"]["values"][-1]["type"] == "UndefinedColumnError"
    assert (reported["server_name"], reported["environment"]) == ("api", "production")
    for text in (*sentry.bodies, (tmp_path / "log").read_text()):
        assert not any(secret in text for secret in (key, "of-a-client", "key-of-sentry@", "secret-of-binance"))


async def failed(wire: Socket) -> str:
    """The id that an operation failed under."""
    await wire.subscribe('{ coin(symbol: "x") { id } }')
    answer, complete = await wire.receive(), await wire.receive()
    assert complete["type"] == "complete"
    [error] = answer["payload"]["errors"]
    return str(error["extensions"]["requestId"])


async def test_each_operation_of_a_websocket_is_logged_under_an_id_of_its_own(
    environ: dict[str, str], broken_coins: None, tmp_path: Path
) -> None:
    """As requests are, so that what went wrong in one can be found."""
    key = new_key(environ, "following", "read")
    with serving(environ, tmp_path / "log") as process:
        async with socket(process.url, key) as wire:
            told = [await failed(wire) for _ in range(2)]
    logged = [line["request_id"] for line in lines(tmp_path / "log") if line["level"] == "error"]

    assert (told, len(set(told))) == (logged, 2)


def shown(port: int) -> Exposed | None:
    try:
        return Exposed.of(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
    except httpx.TransportError:
        return None


async def enqueue_nonsense(redis_url: str) -> None:
    async with redis(redis_url) as client:
        await client.enqueue_job("sync", "secret-of-binance")


def test_a_worker_shows_its_metrics_and_reports_its_errors(
    environ: dict[str, str], sentry: SentryStandIn, installation: Settings, tmp_path: Path
) -> None:
    """On METRICS_PORT, from zero; under the id of the job."""
    port = free_port()
    with working({**environ, "METRICS_PORT": str(port)}, tmp_path / "log") as worker:
        found = worker.until(lambda: shown(port))
        asyncio.run(enqueue_nonsense(installation.redis_url))
        reported = sentry.event("badly formed hexadecimal UUID string")
        assert worker.stop() == 0

    assert found.value("candelabra_exchange_requests_total", exchange="binance") == 0
    assert found.value("candelabra_candles_written_total", exchange="binance") == 0
    assert found.value("candelabra_pool_connections", process="worker", state="free") > 0
    assert reported["server_name"] == "worker"
    assert any(line["level"] == "error" and "ValueError" in str(line) for line in lines(worker.log))
    assert not any("secret-of-binance" in text for text in (*sentry.bodies, worker.log.read_text()))
