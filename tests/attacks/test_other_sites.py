"""Pages of other sites in the browser of somebody who may use this server: they change nothing and read nothing."""

from typing import Final

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.api.process import Process
from tests.api.socket_client import wired

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
    """Though in development, where nobody needs a key, the page would not need one either."""
    body = f'{{"query": "{MUTATION}"}}'.replace('"x"', '\\"x\\"')
    answer = httpx.post(f"{development.url}/graphql", content=body, headers={**FOREIGN, "Content-Type": kind})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (415, "BAD_USER_INPUT")


@pytest.mark.parametrize("query", [MUTATION, 'subscription { syncJob(id: "x") { id } }'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_links_change_nothing(development: Process, method: str, query: str) -> None:
    """405, also for images and forms."""
    answer = httpx.request(method, f"{development.url}/graphql", params={"query": query}, headers=FOREIGN)

    assert answer.status_code == 405


@pytest.mark.parametrize("path", ["/graphql", "/", "/healthz", "/readyz", "/metrics"])
def test_nothing_is_read_from_elsewhere(development: Process, production: Process, path: str) -> None:
    """A browser gives nothing to a page without a header that says so, and asks before it sends JSON or a key."""
    wish = {**FOREIGN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for process in (development, production):
        with httpx.Client(base_url=process.url) as client:
            asking = client.options(path, headers=wish)
            query = client.post(path, json={"query": "{ __typename }"}, headers=FOREIGN)
            answers = [asking, query, client.get(path, headers=FOREIGN)]
        assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]
        # Production shows its metrics elsewhere.
        assert asking.status_code == 405 or (process is production and path == "/metrics")


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "file://", "http://127.0.0.1.elsewhere.example"]
)
async def test_no_page_from_elsewhere_connects(development: Process, production: Process, origin: str) -> None:
    """403, before anything is said."""
    for process in (development, production):
        with pytest.raises(InvalidStatus) as refused:
            async with wired(process.url, origin=origin):
                pass
        assert refused.value.response.status_code == 403
