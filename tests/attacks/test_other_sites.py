"""Pages of other sites in the browser of somebody who may use this server: they change nothing and read nothing."""

from typing import Final

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.api.process import Process
from tests.api.socket_client import wired
from tests.attacks.raw import UPGRADE
from tests.attacks.raw import wired as raw

FOREIGN: Final = {"Origin": "https://elsewhere.example"}
MUTATION: Final = 'mutation { refreshMarkets(input: {exchange: "x"}) { exchange { id } } }'

# What a browser lets any page send without asking first, and what is nearly application/json.
KINDS: Final = [
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json-patch+json",
    "application/jsonx",
    "xapplication/json",
    "application/json, text/plain",
    "application/ json",
    "text/plain\t; a=application/json",
]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_page_may_send_unasked_is_not_read(development: Process, kind: str) -> None:
    """Though in development, where nobody needs a key, the page would not need one either; and if it hid its origin."""
    body = f'{{"query": "{MUTATION}"}}'.replace('"x"', '\\"x\\"')
    answers = [
        httpx.post(f"{development.url}/graphql", content=body, headers={**headers, "Content-Type": kind})
        for headers in (FOREIGN, {})
    ]
    refused = [(answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) for answer in answers]

    assert refused == [(403, "FORBIDDEN"), (415, "BAD_USER_INPUT")]


@pytest.mark.parametrize("query", [MUTATION, 'subscription { syncJob(id: "x") { id } }'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_links_change_nothing(development: Process, method: str, query: str) -> None:
    """405, also for images and forms, with which browsers name no origin."""
    answer = httpx.request(method, f"{development.url}/graphql", params={"query": query})

    assert answer.status_code == 405


@pytest.mark.parametrize("path", ["/graphql", "/", "/healthz", "/readyz", "/metrics"])
def test_nothing_is_read_from_elsewhere(development: Process, production: Process, path: str) -> None:
    """A browser gives nothing to a page without a header that says so; and there is nothing but a refusal."""
    wish = {**FOREIGN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for process in (development, production):
        with httpx.Client(base_url=process.url) as client:
            asking = client.options(path, headers=wish)
            query = client.post(path, json={"query": "{ __typename }"}, headers=FOREIGN)
            answers = [asking, query, client.get(path, headers=FOREIGN)]
        assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]
        assert {(answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) for answer in answers} == {
            (403, "FORBIDDEN")
        }
        assert all(answer.headers["x-request-id"] for answer in answers)


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "file://", "http://127.0.0.1.elsewhere.example", "http://["]
)
async def test_no_page_from_elsewhere_connects(development: Process, production: Process, origin: str) -> None:
    """403, before anything is said."""
    for process in (development, production):
        with pytest.raises(InvalidStatus) as refused:
            async with wired(process.url, origin=origin):
                pass
        assert refused.value.response.status_code == 403


REBOUND: Final = ["elsewhere.example:3000", "localhost.elsewhere.example", "192.168.0.1", "x", "[", "@localhost"]


@pytest.mark.parametrize("name", REBOUND)
async def test_no_page_whose_own_name_leads_here_is_ours(development: Process, name: str) -> None:
    """403 where no key is required: page and server have one name then, and the server alone knows better."""
    headers = {"Host": name, "Origin": f"http://{name}"}
    async with httpx.AsyncClient(base_url=development.url, headers=headers) as page:
        answers = [
            await page.post("/graphql", json={"query": MUTATION}),
            *[await page.get(path) for path in ("/graphql?query={__typename}", "/api/v1/candles.csv", "/")],
        ]
    async with raw(development.url) as wire:
        await wire.send(UPGRADE.replace(b"localhost", name.encode()))
        connecting = await wire.head()

    assert {(answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) for answer in answers} == {
        (403, "FORBIDDEN")
    }
    assert b"HTTP/1.1 403" in connecting


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:3000", "127.0.0.1:8", "127.9.9.9", "[::1]:3000"])
def test_the_names_of_this_machine_are_ours(development: Process, name: str) -> None:
    """With any port, as another one may be handed on to this one; a page of theirs is ours, too."""
    headers = {"Host": name, "Origin": f"http://{name.lower()}"}
    answer = httpx.post(f"{development.url}/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert answer.json()["data"] == {"__typename": "Query"}


def test_where_a_key_is_required_any_name_will_do(production: Process) -> None:
    """No page has the key; a proxy may call this server whatever it likes."""
    answer = httpx.get(f"{production.url}/healthz", headers={"Host": "candles.example"})

    assert answer.status_code == 200
