"""Pages of other origins that are allowed to ask, as their browsers see it."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from domain.settings import Settings, SettingsError
from tests import factories
from tests.api.keys import bearer, new_key
from tests.api.process import Process, environment, refusal, serving
from tests.api.socket_client import wired

ALLOWED: Final = "https://charts.example"
ALSO: Final = "http://localhost:5173"
FOREIGN: Final = "https://elsewhere.example"
QUERY: Final = {"query": "{ timeframes { interval } }"}


@pytest.fixture(scope="module")
def process(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    environ = environment(installation, APP_ENV="production", ALLOWED_ORIGINS=f"{ALLOWED}, {ALSO}")
    with serving(environ, tmp_path_factory.mktemp("origins") / "log") as process:
        yield process


@pytest.fixture
async def production(process: Process, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Another process that serves the same installation, to whoever has a key."""
    async with httpx.AsyncClient(base_url=process.url, timeout=10) as client:
        yield client


def asking(origin: str, method: str = "POST") -> dict[str, str]:
    """What a browser asks before it sends JSON and a key."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,x-some-client",
    }


@pytest.mark.parametrize("path", ["/graphql", "/api/v1/candles.csv", "/api/v1/udf/history"])
@pytest.mark.parametrize("origin", [ALLOWED, ALSO])
async def test_a_page_that_is_allowed_may_send_json_and_a_key(
    production: httpx.AsyncClient, path: str, origin: str
) -> None:
    """Any header, by GET and POST; but no cookies, of which there are none."""
    answer = await production.options(path, headers=asking(origin))
    allowed = answer.headers["access-control-allow-headers"].lower()

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert {"authorization", "content-type", "x-some-client"} <= set(allowed.split(","))
    assert set(answer.headers["access-control-allow-methods"].split(", ")) == {"GET", "POST"}
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]


async def test_a_page_that_is_allowed_reads_the_answer(production: httpx.AsyncClient) -> None:
    """Candles, files and the chart feed, refusals too, with the headers that tell of quotas and requests."""
    await factories.history(await factories.pair(), 3)
    key, page = bearer(await new_key()), {"Origin": ALLOWED}
    market = {"exchange": "binance", "symbol": "BTC/USDT", "interval": "1m"}
    answers = [
        await production.post("/graphql", json=QUERY, headers=key | page),
        await production.get("/api/v1/candles.csv", params=market, headers=key | page),
        await production.get("/api/v1/udf/time", headers=key | page),
        await production.post("/graphql", json=QUERY, headers=page),
    ]
    shown = {name.lower() for name in answers[0].headers["access-control-expose-headers"].split(", ")}

    assert [answer.status_code for answer in answers] == [200, 200, 200, 401]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {ALLOWED}
    assert shown >= {"ratelimit", "ratelimit-policy", "retry-after", "x-request-id"}
    assert {"ratelimit", "x-request-id"} <= answers[0].headers.keys()


async def test_a_page_that_is_not_allowed_is_turned_away(production: httpx.AsyncClient) -> None:
    """Asking first or not, with a key or without: with a code, and the name of the setting that would let it in."""
    key = bearer(await new_key())
    for origin in (FOREIGN, "null", "https://charts.example:8443", "http://charts.example", f"{ALLOWED}.elsewhere"):
        answers = [
            await production.options("/graphql", headers=asking(origin)),
            await production.post("/graphql", json=QUERY, headers=key | {"Origin": origin}),
        ]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert {answer.json()["errors"][0]["extensions"]["code"] for answer in answers} == {"FORBIDDEN"}
        assert "ALLOWED_ORIGINS" in answers[0].json()["errors"][0]["message"]
        assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]


async def test_our_own_pages_and_programs_ask_as_ever(production: httpx.AsyncClient, process: Process) -> None:
    """A page of ours names its origin when it posts, whoever ends TLS; a program names none."""
    key = bearer(await new_key())
    host = process.url.removeprefix("http://")
    for own in ({}, {"Origin": process.url}, {"Origin": f"https://{host}"}):
        answer = await production.post("/graphql", json=QUERY, headers=key | own)
        assert answer.json()["data"]["timeframes"]
        assert "access-control-allow-origin" not in answer.headers


async def test_sockets_are_for_the_same_pages(process: Process, settings: Settings) -> None:
    """403 for all others."""
    key = await new_key()
    for origin in (ALLOWED, ALSO, process.url):
        async with wired(process.url, origin=origin) as wire:
            await wire.begin(key.text)
            await wire.subscribe(QUERY["query"])
            assert (await wire.next())["timeframes"]
    with pytest.raises(InvalidStatus) as refused:
        async with wired(process.url, origin=FOREIGN):
            pass
    assert refused.value.response.status_code == 403


def test_where_no_key_is_required_the_names_of_allowed_origins_are_ours(
    installation: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A proxy may stand there; pages of the same name are trusted anyway."""
    environ = environment(installation, ALLOWED_ORIGINS=ALLOWED)
    with serving(environ, tmp_path_factory.mktemp("named") / "log") as process:
        codes = [
            httpx.post(f"{process.url}/graphql", json=QUERY, headers={"Host": name}).status_code
            for name in ("charts.example", "charts.example:3000", "elsewhere.example")
        ]
    assert codes == [200, 200, 403]


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "null",
        "https://*.example",
        "charts.example",
        "https://charts.example/",
        "https://charts.example/page",
        "https://Charts.example",
        "https://charts.example:443",
        "http://charts.example:80",
        "https://me@charts.example",
        "file://",
        f"{ALLOWED} {ALSO}",
        f"{ALLOWED},*",
    ],
)
def test_what_is_no_origin_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """As browsers would never send it, it would allow nobody, or everybody."""
    monkeypatch.setenv("ALLOWED_ORIGINS", value)
    with pytest.raises(SettingsError, match=r"ALLOWED_ORIGINS=.* is no origin as browsers send it"):
        Settings.load()


def test_the_api_does_not_start_with_what_is_no_origin(installation: Settings) -> None:
    """It says so in a sentence."""
    status, told = refusal(environment(installation, ALLOWED_ORIGINS="*"))

    assert (status, len(told.splitlines()), "ALLOWED_ORIGINS" in told) == (1, 1, True), told
