"""`python -m api`: how it starts, refuses to start, serves in production, and bears that its servers go away."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from api.app import check
from domain.settings import Settings, SettingsError
from ops.local.postgres import embedded_postgres
from ops.local.valkey import embedded_valkey
from tests.api.process import environment, migrate, new_key, refusal, serving
from tests.exposed import Exposed

NEAR_MISSES = "{ con { id } coins(frist: 1) { totalCount } }"


@pytest.fixture(scope="module")
def production(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    environ = environment(installation, APP_ENV="production")
    headers = {"Authorization": f"Bearer {new_key(environ, 'production', 'read')}"}
    with serving(environ, tmp_path_factory.mktemp("production") / "log") as process:
        with httpx.Client(base_url=process.url, headers=headers) as client:
            yield client
        assert process.stop() == 0
        assert "Traceback" not in process.log.read_text()


def test_production_answers_queries(production: httpx.Client) -> None:
    """It starts, serves, and on SIGTERM ends without a trace."""
    answer = production.post("/graphql", json={"query": "{ timeframes { interval } }"})

    assert len(answer.json()["data"]["timeframes"]) >= 15
    assert "server" not in answer.headers


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'])
def test_production_does_not_show_its_schema(production: httpx.Client, query: str) -> None:
    """Introspection is for development; `__typename` is no introspection."""
    answer = production.post("/graphql", json={"query": query}).json()

    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "data" not in answer
    assert production.post("/graphql", json={"query": "{ __typename }"}).json()["data"] == {"__typename": "Query"}


def test_production_serves_the_dashboard_and_no_graphiql(production: httpx.Client) -> None:
    """The page is a client like any other; what GraphiQL loads is not there either."""
    dashboard = production.get("/")
    graphiql = production.get("/graphql", headers={"Accept": "text/html"})

    assert "<title>Candelabra</title>" in dashboard.text
    assert production.get("/assets/dashboard/main.js").status_code == 200
    assert graphiql.status_code == 404
    assert production.get("/assets/graphiql/graphiql.min.js").status_code == 404


def test_production_does_not_help_to_guess(production: httpx.Client) -> None:
    """Neither in validation nor where variables are read."""
    kinds = {
        "query": "query($k: SyncKind) { syncJobs(filter: {kind: $k}) { totalCount } }",
        "variables": {"k": "FORWRD"},
    }
    answers = [production.post("/graphql", json=body).text for body in ({"query": NEAR_MISSES}, kinds)]

    assert [("errors" in answer, "Did you mean" in answer) for answer in answers] == [(True, False)] * 2


def test_production_has_no_pages(production: httpx.Client) -> None:
    """No GraphiQL, and none of its files."""
    page = production.get("/graphql", headers={"Accept": "text/html"})
    files = production.get("/assets/graphiql/graphiql.min.js")

    assert (page.status_code, files.status_code) == (404, 404)


def test_it_refuses_to_start_in_a_sentence(installation: Settings) -> None:
    """What is wrong, without a trace."""
    status, told = refusal(environment(installation, DB_NAME="nothing_of_ours"))

    assert (status, "nothing_of_ours" in told, len(told.splitlines())) == (1, True, 1), told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"db_name": "nothing_of_ours"}, "nothing_of_ours"),
        ({"db_name": "postgres"}, "migrat"),
        ({"exchanges_file": Path("/nowhere/exchanges.toml")}, "/nowhere/exchanges.toml"),
    ],
)
async def test_what_keeps_it_from_starting_is_told(
    installation: Settings, changes: dict[str, object], words: str
) -> None:
    """No database, an old schema, no exchanges file."""
    with pytest.raises(SettingsError, match=words):
        await check(installation.model_copy(update=changes))


def code(url: str, body: dict[str, str]) -> str | None:
    """That of the answer's only error."""
    errors = httpx.post(f"{url}/graphql", json=body).json().get("errors")
    return str(errors[0]["extensions"]["code"]) if errors else None


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of our own: pytest closes its folders to the account that PostgreSQL runs as under root."""
    with TemporaryDirectory(prefix="candelabra-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def test_it_bears_that_its_servers_go_away(installation: Settings, folder: Path) -> None:
    """Outages have a code and no trace; the process stays healthy, and says what is out of reach."""
    file = folder / "exchanges.toml"
    file.write_text('[[exchange]]\nname = "binance"\n')
    refresh = {"query": 'mutation { refreshMarkets(input: {exchange: "binance"}) { exchange { name } } }'}
    query = {"query": "{ coins { totalCount } }"}
    with ExitStack() as stack, ExitStack() as postgres, ExitStack() as valkey:
        host = postgres.enter_context(embedded_postgres(folder / "postgres", fast=True))
        url = valkey.enter_context(embedded_valkey(folder / "valkey", fast=True))
        changes = {"DB_HOST": str(host), "DB_NAME": "postgres", "REDIS_URL": url, "EXCHANGES_FILE": str(file)}
        environ = environment(installation, **changes)
        migrate(environ)
        process = stack.enter_context(serving(environ, folder / "log"))
        assert (code(process.url, refresh), code(process.url, query)) == (None, None)
        assert httpx.post(f"{process.url}/graphql", json={"query": NEAR_MISSES}).text.count("Did you mean") == 2

        valkey.close()
        assert (code(process.url, refresh), code(process.url, query)) == (None, None)
        assert httpx.get(f"{process.url}/readyz").json()["redis"] == "out of reach"

        postgres.close()
        assert code(process.url, query) == "UNAVAILABLE"
        assert httpx.get(f"{process.url}/readyz").json()["database"] == "out of reach"
        assert [httpx.get(f"{process.url}/{path}").status_code for path in ("readyz", "healthz")] == [503, 200]
        observed = Exposed.of(httpx.get(f"{process.url}/metrics").text)
        assert [observed.value(f"candelabra_{part}_up") for part in ("database", "redis")] == [0, 0]
        assert "Traceback" not in process.log.read_text()
