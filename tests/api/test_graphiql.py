"""GraphiQL for browsers, all of it from us."""

import re
from pathlib import Path

import httpx
import pytest

from api import assets

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
is_installed = pytest.mark.skipif(
    not (Path(assets.__file__).parent / "web" / "node_modules").exists(),
    reason="`npm ci` in api/web has not been run",
)


async def test_browsers_get_the_page(http: httpx.AsyncClient) -> None:
    """It may load nothing from another host."""
    response = await http.get("/graphql", headers=BROWSER)

    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "//" not in re.sub(r"<!.*?>", "", response.text)


@is_installed
async def test_everything_that_the_page_loads_is_there(http: httpx.AsyncClient) -> None:
    """Scripts, styles and the icon."""
    page = (await http.get("/graphql", headers=BROWSER)).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert len(addresses) == 7
    for address in addresses:
        response = await http.get(address)

        assert (response.status_code, bool(response.content)) == (200, True), address


async def test_a_query_in_the_address_is_answered_also_to_browsers(http: httpx.AsyncClient) -> None:
    """The page is only for those that ask for nothing else."""
    response = await http.get("/graphql", params={"query": "{ __typename }"}, headers=BROWSER)

    assert response.json()["data"] == {"__typename": "Query"}


async def test_programs_do_not_get_the_page(http: httpx.AsyncClient) -> None:
    """They are told that a query is missing."""
    assert (await http.get("/graphql", headers={"Accept": "*/*"})).status_code == 400


async def test_the_examples_of_the_page_are_valid(http: httpx.AsyncClient) -> None:
    """Each tab's query is understood; what it names need not exist here."""
    script = (await http.get("/assets/candelabra/graphiql.js")).text
    examples = re.findall(r"= `(.*?)`;", script, re.DOTALL)

    assert len(examples) == 3
    for example in examples:
        variables = {"exchange": "sandbox", "symbol": "BTC/USDT", "interval": "1m"} if "$exchange" in example else {}
        answer = (await http.post("/graphql", json={"query": example, "variables": variables})).json()

        assert "data" in answer, answer
