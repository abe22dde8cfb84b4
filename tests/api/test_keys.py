"""API keys: who is let in, what each scope may do, and how a key ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from graphql import GraphQLObjectType
from websockets.exceptions import ConnectionClosed

from api.schema import build_operations
from domain.access import __main__ as command
from domain.access.secret import Secret
from domain.clock import system_clock
from domain.database import connection
from domain.errors import BadInputError, ConflictError, NotFoundError
from domain.scope import Scope
from domain.settings import Settings
from domain.storage import api_keys
from tests import factories
from tests.api.client import Client
from tests.api.keys import bearer, new_key
from tests.api.process import Process, access, environment, make, refusal, serving
from tests.api.socket_client import socket, wired
from tests.factories import NO_ID, START, minutes
from tests.patience import PATIENCE
from tests.tardiness import tardiness

QUERY: Final = {"query": "{ timeframes { interval } }"}

# Every mutation, with input that changes nothing, and the least scope that it takes.
MUTATIONS: Final = {
    "syncPair": (f'(input: {{pairId: "{NO_ID}"}}) {{ isNew }}', Scope.SYNC),
    "fetchRecentCandles": (' (input: {exchange: "none"}) { processed }', Scope.SYNC),
    "cancelSyncJob": (f'(input: {{id: "{NO_ID}"}}) {{ job {{ id }} }}', Scope.SYNC),
    "refreshMarkets": ('(input: {exchange: "none"}) { exchange { id } }', Scope.SYNC),
    "refreshCoins": ("{ isQueued }", Scope.SYNC),
    "setCoinName": ('(input: {symbol: "none"}) { coin { id } }', Scope.ADMIN),
    "addPairs": ('(input: {exchange: "none", symbols: ["A/B"], intervals: ["1m"]}) { pairs { id } }', Scope.ADMIN),
    "setPairActive": (f'(input: {{id: "{NO_ID}", isActive: true}}) {{ pair {{ id }} }}', Scope.ADMIN),
    "setExchangeActive": ('(input: {name: "none", isActive: true}) { exchange { id } }', Scope.ADMIN),
}


@pytest.fixture(scope="module")
def process(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    environ = environment(installation, APP_ENV="production")
    with serving(environ, tmp_path_factory.mktemp("keys") / "log") as process:
        yield process
        log = process.log.read_text()
    assert "Authorization" not in log
    assert "cnd_" not in log


@pytest.fixture
async def production(process: Process, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Another process that serves the same installation, where a key is needed."""
    async with httpx.AsyncClient(base_url=process.url, timeout=10) as client:
        yield client


async def code(client: httpx.AsyncClient, secret: Secret, query: str) -> str | None:
    answer = await client.post("/graphql", json={"query": query}, headers=bearer(secret))
    errors = answer.json().get("errors")
    return str(errors[0]["extensions"]["code"]) if errors else None


async def test_a_valid_key_is_let_in(production: httpx.AsyncClient) -> None:
    """Whatever the case of the scheme."""
    secret = await new_key()
    for headers in (bearer(secret), {"authorization": f"bearer  {secret.text}"}):
        answer = await production.post("/graphql", json=QUERY, headers=headers)
        assert (answer.status_code, "errors" in answer.json()) == (200, False)


async def test_who_has_no_valid_key_is_not_told_why(production: httpx.AsyncClient) -> None:
    """Nothing, no key, a key that never was, one with another secret, one that was revoked, the hash of a valid one."""
    valid, revoked = await new_key("valid"), await new_key("revoked")
    await api_keys.revoke("revoked", system_clock())
    wrong = f"{valid.prefix}_{Secret.new().text.rpartition('_')[2]}"
    tokens = ["x", Secret.new().text, wrong, revoked.text, f"{valid.prefix}_{valid.digest}", valid.prefix]
    given: list[dict[str, str]] = [{}, {"Authorization": f"Basic {valid.text}"}, {"Authorization": valid.text}]
    given += [{"Authorization": f"Bearer {token}"} for token in tokens]
    answers = [await production.post("/graphql", json=QUERY, headers=headers) for headers in given]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.text for answer in answers}) == 1
    [error] = answers[0].json()["errors"]
    assert (error["extensions"], "data" in answers[0].json()) == ({"code": "UNAUTHENTICATED"}, False)


async def test_health_needs_no_key(production: httpx.AsyncClient) -> None:
    """Probes have none."""
    assert (await production.get("/healthz")).status_code == 200
    assert (await production.get("/readyz")).json()["database"] == "ok"


def test_every_mutation_is_in_the_matrix() -> None:
    """So that none is added without a scope."""
    kind = build_operations().documents._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    assert kind.fields.keys() == MUTATIONS.keys()


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.text)
@pytest.mark.parametrize("name", MUTATIONS)
async def test_mutations_take_their_scope(production: httpx.AsyncClient, name: str, scope: Scope) -> None:
    """Each cell of operation and scope; who may is told that there is no such thing, where one is named."""
    arguments, least = MUTATIONS[name]
    secret = await new_key(scopes=[scope])
    told = await code(production, secret, f"mutation {{ {name}{arguments} }}")

    outcome = "NOT_FOUND" if "input" in arguments else None
    assert told == (outcome if scope >= least else "FORBIDDEN")


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.text)
async def test_every_scope_may_query_and_subscribe(
    production: httpx.AsyncClient, process: Process, scope: Scope
) -> None:
    """Wider scopes include the narrower ones."""
    secret = await new_key(scopes=[scope])
    job = await factories.job(await factories.pair())
    assert await code(production, secret, QUERY["query"]) is None
    async with socket(process.url, secret.text) as wire:
        await wire.subscribe(f'subscription {{ syncJob(id: "{job.id}") {{ id }} }}')
        assert await wire.next() == {"syncJob": {"id": str(job.id)}}


async def test_no_way_of_writing_a_mutation_evades_its_scope(production: httpx.AsyncClient, process: Process) -> None:
    """Aliases, fragments, many at a time, and over WebSocket; an allowed one beside it is done."""
    secret = await new_key(scopes=[Scope.SYNC])
    allowed, refused = "fetchRecentCandles { processed }", f"setExchangeActive{MUTATIONS['setExchangeActive'][0]}"
    query = f"mutation {{ a: {allowed} ...F }} fragment F on Mutation {{ b: {refused} ... {{ c: {refused} }} }}"
    answer = (await production.post("/graphql", json={"query": query}, headers=bearer(secret))).json()
    async with socket(process.url, secret.text) as wire:
        await wire.subscribe(query)
        message = await wire.receive()

    # b cannot be null, so that nothing is left of the data; nothing of c has begun, or it is told in the same way.
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert {error["extensions"]["code"] for error in message["payload"]["errors"]} == {"FORBIDDEN"}


async def test_nothing_changes_without_the_scope(production: httpx.AsyncClient) -> None:
    """The exchange stays as it is until one asks who may."""
    exchange = await factories.exchange()
    switch = 'mutation { setExchangeActive(input: {name: "binance", isActive: false}) { exchange { isActive } } }'
    reader, admin = await new_key("reader"), await new_key("admin", [Scope.ADMIN])

    assert await code(production, reader, switch) == "FORBIDDEN"
    await exchange.refresh_from_db()
    assert exchange.is_active
    assert await code(production, admin, switch) is None


@pytest.mark.parametrize("text", [None, "cnd_000000000000_" + "0" * 48])
async def test_a_socket_needs_a_key_too(process: Process, settings: Settings, text: str | None) -> None:
    """4401 in answer to connection_init."""
    async with wired(process.url) as wire:
        with pytest.raises(ConnectionClosed):
            await wire.begin(text)
        assert await wire.closing() == (
            4401,
            "Send a valid API key as `Authorization: Bearer KEY`; `make apikey` makes one.",
        )


async def test_a_revoked_key_ends_everywhere(production: httpx.AsyncClient, process: Process) -> None:
    """Requests and open subscriptions, within five seconds; other keys go on."""
    ending, staying = await new_key("ending"), await new_key("staying")
    await factories.pair()
    follow = 'subscription { candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { kind } }'
    async with socket(process.url, ending.text) as wire, socket(process.url, staying.text) as other:
        await wire.subscribe(follow)
        assert await code(production, ending, QUERY["query"]) is None
        began = time.monotonic()
        await api_keys.revoke("ending", system_clock())
        async with asyncio.timeout(PATIENCE), tardiness() as late:
            assert await wire.closing() == (4401, "The API key is not valid any more.")
            while await code(production, ending, QUERY["query"]) != "UNAUTHENTICATED":  # noqa: ASYNC110  # sets no event
                await asyncio.sleep(0.1)
        assert time.monotonic() - began <= 5 + 2 * late.worst
        await other.subscribe(QUERY["query"])
        assert (await other.next())["timeframes"]
    assert await code(production, staying, QUERY["query"]) is None


async def stored(column: str) -> object:
    async with connection() as db:
        return await db.fetchval(f"SELECT {column} FROM api_keys")


async def test_the_last_use_is_recorded(production: httpx.AsyncClient) -> None:
    """Of a valid key only."""
    secret = await new_key()
    wrong = Secret(secret.prefix, f"{secret.prefix}_{'0' * 48}")
    assert await code(production, wrong, QUERY["query"]) == "UNAUTHENTICATED"
    assert await stored("last_used_at") is None
    assert await code(production, secret, QUERY["query"]) is None
    assert await stored("now() - last_used_at < interval '10 seconds'")


async def test_the_last_use_is_written_once_a_minute(settings: Settings) -> None:
    """By however many processes."""
    secret = await new_key()
    key = (await api_keys.by_prefixes([secret.prefix]))[secret.prefix]
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (61, 60)):
        await api_keys.used(key.id, START + minutes(1) * seconds / 60)
        assert await stored("last_used_at") == START + minutes(1) * noted / 60


async def test_what_is_stored_lets_nobody_in(settings: Settings) -> None:
    """A dump of the table has hashes; a key shown by accident has no secret."""
    secret = await new_key()
    row = str(await stored("api_keys::text"))

    assert secret.prefix in row
    assert secret.text.rpartition("_")[2] not in row
    assert secret.text.rpartition("_")[2] not in repr(secret)


async def test_in_development_nobody_is_asked_for_a_key(api: Client, address: str) -> None:
    """Whatever a client gives, it may do everything."""
    mutation = f"mutation {{ syncPair{MUTATIONS['syncPair'][0]} }}"

    assert (await api.error(mutation))["code"] == "NOT_FOUND"
    assert await code(api.http, Secret.new(), mutation) == "NOT_FOUND"
    async with socket(address, "made-up") as wire:
        await wire.subscribe("{ __typename }")
        assert await wire.next() == {"__typename": "Query"}


def test_the_command_makes_and_revokes_keys(installation: Settings) -> None:
    """What is printed last is the key; whatever is wrong is a sentence."""
    environ = environment(installation)
    *_, text = make(environ, "apikey", "NAME=command", "SCOPES=read,sync").stdout.splitlines()
    twice = access(environ, "command", "read")

    assert Secret.parse(text)
    assert (twice.returncode, twice.stdout, len(twice.stderr.splitlines())) == (1, "", 1)
    assert make(environ, "apikey-revoke", "NAME=command").returncode == 0


@pytest.mark.parametrize(
    ("name", "scopes"), [("", "read"), ("x" * 101, "read"), ("a\n", "read"), ("a", ""), ("a", "r")]
)
async def test_no_key_is_made_for_a_wish_that_is_wrong(installation: Settings, name: str, scopes: str) -> None:
    """Before anything is opened."""
    with pytest.raises(BadInputError):
        await command.make(installation, name, scopes)


async def test_names_tell_keys_apart(settings: Settings) -> None:
    """One valid key a name; that of a revoked one can be taken again, and does not bring the old key back."""
    old = await new_key("one")
    with pytest.raises(ConflictError):
        await new_key("one")
    await api_keys.revoke("one", system_clock())
    new = await new_key("one")

    assert (await api_keys.by_prefixes([old.prefix, new.prefix])).keys() == {new.prefix}
    with pytest.raises(NotFoundError):
        await api_keys.revoke("none", system_clock())


def test_development_is_not_for_others_without_keys(installation: Settings, tmp_path: Path) -> None:
    """It refuses to listen where others reach it; once there is a key, it lets in those who have one."""
    environ = environment(installation, HOST="0.0.0.0")
    status, told = refusal(environ)
    assert (status, "make apikey" in told, len(told.splitlines())) == (1, True, 1), told

    text = access(environ, "others", "read").stdout.splitlines()[-1]
    with serving(environ, tmp_path / "log") as process:
        url = process.url.replace("0.0.0.0", "127.0.0.1") + "/graphql"
        headers = {"Authorization": f"Bearer {text}"}
        assert httpx.post(url, json=QUERY).status_code == 401
        assert httpx.post(url, json=QUERY, headers=headers).status_code == 200
    assert access(environ, "--revoke", "others").returncode == 0
