"""Exports of a server that asks who somebody is, and how much that one may have."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from domain import exporting
from domain.database import connection
from domain.settings import Settings
from domain.storage import api_keys
from tests import factories
from tests.api.conftest import NOW
from tests.api.keys import bearer, new_key
from tests.api.process import environment, serving
from tests.api.test_exports import MARKET, PATH, many, more_than_sockets_buffer
from tests.patience import PATIENCE

COST: Final = 500_000
BARS: Final = {"symbol": "binance:BTC/USDT", "resolution": "1", "to": str(int(NOW.timestamp())), "countback": "10"}


@pytest.fixture(scope="module")
def guarded(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a process with room for one export, and its log."""
    environ = environment(installation, APP_ENV="production", COST_LIMIT_PER_MINUTE=str(COST), MAX_EXPORTS="1")
    with serving(environ, tmp_path_factory.mktemp("guarded") / "log") as process:
        yield process.url, process.log


@pytest.fixture
async def client(guarded: tuple[str, Path], settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Its headers have no key."""
    async with httpx.AsyncClient(base_url=guarded[0], headers={"Accept-Encoding": "identity"}) as client:
        yield client


def code(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])


async def test_an_export_needs_a_key(client: httpx.AsyncClient) -> None:
    """Any scope is enough."""
    await factories.history(await factories.pair(), 3)

    refused = await client.get(f"{PATH}.csv", params=MARKET)
    allowed = await client.get(f"{PATH}.csv", params=MARKET, headers=bearer(await new_key()))

    assert (refused.status_code, code(refused), refused.headers["www-authenticate"]) == (
        401,
        "UNAUTHENTICATED",
        "Bearer",
    )
    assert allowed.status_code == 200


async def test_the_chart_feed_needs_a_key_and_costs_as_much(client: httpx.AsyncClient) -> None:
    """Six fields a bar, in all of its paths the same keys."""
    await factories.history(await factories.pair(), 3)

    for path in ("config", "symbols", "search", "history", "time"):
        assert (await client.get(f"/api/v1/udf/{path}", params=BARS)).json()["code"] == "UNAUTHENTICATED"
    allowed = await client.get("/api/v1/udf/history", params=BARS, headers=bearer(await new_key()))

    assert allowed.json()["v"] == [1, 2, 3]
    assert f'"cost";r={COST - 6 * 10}' in allowed.headers["ratelimit"]


async def test_a_candle_costs_as_many_as_it_has_fields(client: httpx.AsyncClient) -> None:
    """And one more to look where the newest begin. Out of the quota that queries spend, too."""
    await many("SOL/USDT", exporting.STRETCH_CANDLES)
    key = bearer(await new_key())
    asked = {**MARKET, "symbol": "SOL/USDT"}

    first = await client.get(f"{PATH}.csv", params={**asked, "first": 1_000}, headers=key)
    assert f'"cost";r={COST - 6 * 1_000}' in first.headers["ratelimit"]
    last = await client.get(f"{PATH}.csv", params={**asked, "last": 1_000}, headers=key)
    assert f'"cost";r={COST - 6 * 1_000 - 7 * 1_000}' in last.headers["ratelimit"]

    async with asyncio.timeout(PATIENCE):
        while (refused := await client.get(f"{PATH}.csv", params=asked, headers=key)).status_code == 200:
            pass
    assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
    assert int(refused.headers["retry-after"]) == refused.json()["errors"][0]["extensions"]["retryAfter"]


async def test_a_revoked_key_ends_its_exports_and_the_end_shows(
    client: httpx.AsyncClient, guarded: tuple[str, Path]
) -> None:
    """The answer breaks off without the end that HTTP gives to a whole one, so that nobody takes it for whole."""
    await more_than_sockets_buffer()
    key = bearer(await new_key("charts"))
    async with client.stream("GET", f"{PATH}.csv", params={**MARKET, "symbol": "SOL/USDT"}, headers=key) as found:
        assert found.status_code == 200
        body = found.aiter_raw()
        await anext(body)
        await api_keys.revoke("charts", NOW)
        await asyncio.sleep(2.5)  # for as long as a process remembers a key
        with pytest.raises(httpx.RemoteProtocolError):
            async for _ in body:
                pass
    assert "broke off" in guarded[1].read_text()


async def test_there_is_room_for_so_many_exports(client: httpx.AsyncClient) -> None:
    """Who leaves makes room."""
    await more_than_sockets_buffer()
    key = bearer(await new_key())
    asked = {**MARKET, "symbol": "SOL/USDT"}
    async with client.stream("GET", f"{PATH}.csv", params=asked, headers=key) as found:
        body = found.aiter_raw()
        await anext(body)
        refused = await client.get(f"{PATH}.csv", params=asked, headers=key)
    assert (refused.status_code, code(refused), refused.headers["retry-after"]) == (503, "OVERLOADED", "1")

    async with asyncio.timeout(PATIENCE):
        while (await client.get(f"{PATH}.csv", params={**asked, "first": 1}, headers=key)).status_code == 503:  # noqa: ASYNC110  # over HTTP
            await asyncio.sleep(0.05)


async def test_a_server_that_is_told_to_stop_breaks_exports_off(settings: Settings, tmp_path: Path) -> None:
    """After the time that requests get to finish, and ends well."""
    await more_than_sockets_buffer()
    with serving(environment(settings), tmp_path / "log") as process:
        async with (
            httpx.AsyncClient(base_url=process.url, headers={"Accept-Encoding": "identity"}) as client,
            client.stream("GET", f"{PATH}.csv", params={**MARKET, "symbol": "SOL/USDT"}) as found,
        ):
            body = found.aiter_raw()
            await anext(body)
            assert await asyncio.to_thread(process.stop) == 0
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                async for _ in body:
                    pass
    assert "Traceback" not in process.log.read_text()


@pytest.mark.parametrize(("path", "params"), [(f"{PATH}.csv", MARKET), ("/api/v1/udf/history", BARS)])
async def test_log_lines_of_plain_requests_name_the_key_that_asked(
    client: httpx.AsyncClient, guarded: tuple[str, Path], path: str, params: dict[str, str]
) -> None:
    """By its prefix, as those of GraphQL do."""
    await factories.history(await factories.pair(), 3)
    key = await new_key()
    async with connection() as db:
        await db.execute("ALTER TABLE candles RENAME TO gone")
    failed = await client.get(path, params=params, headers=bearer(key))
    async with connection() as db:
        await db.execute("ALTER TABLE gone RENAME TO candles")

    assert failed.status_code == 500
    [line] = [line for line in guarded[1].read_text().splitlines() if failed.headers["x-request-id"] in line]
    assert json.loads(line)["caller"] == key.prefix
