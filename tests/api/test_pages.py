"""Pages for browsers, all of them from us."""

import re

import httpx
import pytest

from api.http.assets import WEB

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGES = {"/": 9, "/graphql": 7}  # files that each names
is_installed = pytest.mark.skipif(
    not (WEB / "node_modules").exists(),
    reason="`npm ci` in api/web has not been run",
)


@pytest.mark.parametrize("path", PAGES)
async def test_browsers_get_a_page_that_loads_nothing_foreign(path: str, http: httpx.AsyncClient) -> None:
    """No other host, and no script that is not a file; links may lead away."""
    response = await http.get(path, headers=BROWSER)
    policy = response.headers["content-security-policy"]

    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'none'; script-src 'self';" in policy
    assert "http" not in policy
    assert not re.search(r"(?:src|link[^>]*href)=\"[^\"]*//", response.text)


async def test_the_dashboard_allows_no_styles_but_its_files(http: httpx.AsyncClient) -> None:
    """Nothing inline at all."""
    policy = (await http.get("/")).headers["content-security-policy"]

    assert "unsafe" not in policy


@is_installed
@pytest.mark.parametrize(("path", "count"), PAGES.items())
async def test_everything_that_a_page_loads_is_there(path: str, count: int, http: httpx.AsyncClient) -> None:
    """Scripts, styles and the icon; browsers ask each time whether they changed."""
    page = (await http.get(path, headers=BROWSER)).text
    addresses = set(re.findall(r'(?:src|href)="(/[^"]+)"', page))

    assert len(addresses) == count
    for address in addresses:
        response = await http.get(address)

        assert (response.status_code, bool(response.content)) == (200, True), address
        assert response.headers["cache-control"] == "no-cache"


@is_installed
async def test_every_module_of_the_dashboard_finds_what_it_imports(http: httpx.AsyncClient) -> None:
    """Where it says it is, and under the name that it has there."""
    for module in sorted((WEB / "dashboard").glob("*.js")):
        for names, address in re.findall(r'^import (?:{([^}]*)} from )?"([^"]+)";$', module.read_text(), re.MULTILINE):
            found = await http.get(httpx.URL("/assets/dashboard/").join(address))

            assert found.status_code == 200, (module.name, address)
            for name in filter(None, map(str.strip, names.split(","))):
                assert re.search(rf"\b{name}\b", found.text), (module.name, name)


async def test_a_query_in_the_address_is_answered_also_to_browsers(http: httpx.AsyncClient) -> None:
    """The page is only for those that ask for nothing else."""
    response = await http.get("/graphql", params={"query": "{ __typename }"}, headers=BROWSER)

    assert response.json()["data"] == {"__typename": "Query"}


async def test_programs_do_not_get_the_page(http: httpx.AsyncClient) -> None:
    """They are told that a query is missing."""
    assert (await http.get("/graphql", headers={"Accept": "*/*"})).status_code == 400


async def test_the_examples_of_graphiql_are_valid(http: httpx.AsyncClient) -> None:
    """Each tab's query is understood; what it names need not exist here."""
    script = (await http.get("/assets/candelabra/graphiql.js")).text
    examples = re.findall(r"= `(#.*?)`;", script, re.DOTALL)

    assert len(examples) == 3
    for example in examples:
        answer = (await http.post("/graphql", json={"query": example})).json()

        assert "data" in answer, answer
