"""What strangers and readers can learn of a production server: the checks of graphql-cop and clairvoyance, and keys."""

import re
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from api.schema import build_schema
from domain.access.secret import Secret
from domain.clock import system_clock
from domain.settings import Settings
from domain.storage import api_keys
from tests.api.keys import bearer, new_key
from tests.api.process import Process
from tests.api.socket_client import socket
from tests.attacks.broken import BROKEN
from tests.attacks.raw import post, wired

MAX_DIFFERENCE: Final = 0.001  # seconds between medians


@pytest.fixture
async def secret(settings: Settings) -> Secret:
    return await new_key()


@pytest.fixture
async def reader(production: Process, secret: Secret) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a key."""
    async with httpx.AsyncClient(base_url=production.url, headers=bearer(secret), timeout=10) as client:
        yield client


async def asked(client: httpx.AsyncClient, query: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/graphql", json={"query": query})).json()
    return answer


REFUSED: Final = {
    "101 aliases": "query cop { " + " ".join(f"alias{place}: __typename" for place in range(101)) + " }",
    "500 times a field": "query cop { " + "__typename " * 500 + "}",
    "introspection": "query cop { __schema { types { name fields { name } } } }",
    "circular introspection": "query cop { __schema { types { fields { type { fields { type { name } } } } } } }",
    "one type": '{ __type(name: "Query") { name } }',
    "an unhandled error": "qwerty cop { abc }",
}


@pytest.mark.parametrize("check", REFUSED)
async def test_what_audits_ask_for_is_refused(reader: httpx.AsyncClient, check: str) -> None:
    """With a code and nothing else."""
    answer = await asked(reader, REFUSED[check])

    assert "data" not in answer
    assert {tuple(error["extensions"]) for error in answer["errors"]} == {("code",)}


async def test_ten_wrong_directives_make_fewer_errors(reader: httpx.AsyncClient) -> None:
    """At most five, whatever is wrong, so that nobody can make us say more than was asked."""
    assert len((await asked(reader, "query cop { __typename " + "@aa " * 10 + "}"))["errors"]) <= 5


async def test_nothing_is_suggested(reader: httpx.AsyncClient) -> None:
    """Of fields, arguments, types, values and fields of inputs; over WebSocket neither."""
    for query in (
        "{ __schema { directive } }",
        "{ con { id } coins(frist: 1) { totalCount } }",
        "{ coins { totalCout } ... on Quer { __typename } }",
        '{ pairs(filter: {exchang: "x"}) { totalCount } syncJobs(filter: {kind: FORWRD}) { totalCount } }',
        "query($a: Strin) { __typename @includ(if: true) }",
    ):
        assert "Did you mean" not in str(await asked(reader, query)), query


async def test_batches_forms_and_changes_by_get_are_refused(reader: httpx.AsyncClient) -> None:
    """Queries by GET are not: they change nothing, and caches like them."""
    query = {"query": "query cop { __typename }"}
    batch = await reader.post("/graphql", json=[query] * 10)
    form = await reader.post("/graphql", data=query)
    mutation = await reader.get("/graphql", params={"query": "mutation cop { __typename }"})

    assert [answer.status_code for answer in (batch, form, mutation)] == [400, 415, 405]
    assert (await reader.get("/graphql", params=query)).status_code == 200


async def test_there_are_no_traces_and_no_tools(reader: httpx.AsyncClient) -> None:
    """Extensions tell the cost alone; where audits look for GraphiQL there is none; nothing names the program."""
    headers = {"apollo-query-plan": "1", "x-apollo-tracing": "1"}
    answer = await reader.post("/graphql", json={"query": "query cop { __typename }"}, headers=headers)
    pages = [
        await reader.get(path, headers={"Accept": "text/html"})
        for path in ("/graphql", "/graphiql", "/playground", "/console", "/graphql/console", "/altair")
    ]

    assert answer.json()["extensions"].keys() == {"cost"}
    assert {page.status_code for page in pages} == {404}
    assert not any("graphiql" in page.text.lower() for page in pages)
    assert not answer.headers.keys() & {"server", "x-powered-by"}


# Of words that are not in the schema, almost all of them, each is near to some that is.
NEAR: Final = [
    "con",
    "coinz",
    "pairz",
    "candel",
    "exchang",
    "timefram",
    "synk",
    "serie",
    "jobz",
    "nod",
    "symbl",
    "pric",
]


async def test_guessing_finds_what_was_guessed_and_nothing_else(reader: httpx.AsyncClient) -> None:
    """No answer to a near miss has a field, an argument or a value of ours in it that was not asked for."""
    known = {
        name
        for kind in build_schema().type_map.values()
        for name in (getattr(kind, "fields", None) or getattr(kind, "values", None) or {})
    }
    told = set[str]()
    for word in NEAR:
        for query in (f"{{ {word} }}", f"{{ coins {{ nodes {{ {word} }} }} }}", f"{{ coins({word}: 1) {{ {word} }} }}"):
            answer = await asked(reader, query)
            asked_for = set(re.findall(r"\w+", query))
            told |= set(re.findall(r"'(\w+)'", str([error["message"] for error in answer["errors"]]))) - asked_for

    print(f"{len(told & known)} of 0 names; {sorted(told)}")
    assert known > {"coins", "nodes", "symbol", "FORWARD"}
    assert told & known == set()


@pytest.fixture(scope="module")
def names() -> tuple[set[str], set[str]]:
    """Of types, and of their fields, arguments and values."""
    kinds = build_schema().type_map
    parts = {
        name
        for kind in kinds.values()
        for name in (getattr(kind, "fields", None) or getattr(kind, "values", None) or {})
    }
    arguments = {
        argument
        for kind in kinds.values()
        for field in (getattr(kind, "fields", None) or {}).values()
        for argument in getattr(field, "args", {})
    }
    return set(kinds), parts | arguments


def leaked(error: dict[str, Any], asked_for: str, names: tuple[set[str], set[str]]) -> set[str]:
    """Names that the error has, and the client had not."""
    kinds, parts = names
    said, quoted = set(re.findall(r"\w+", error["message"])), re.findall(r"'([^']*)'", error["message"])
    named = (said & kinds) | ({word for text in quoted for word in re.findall(r"\w+", text)} & parts)
    return named - set(re.findall(r"\w+", asked_for))


async def test_no_error_names_what_the_client_has_not(
    reader: httpx.AsyncClient, production: Process, secret: Secret, names: tuple[set[str], set[str]]
) -> None:
    """No type, field, argument or value; over WebSocket neither. The code is told."""
    assert names[0] > {"Query", "Int", "CoinConnection", "SyncKind"}
    assert names[1] > {"coins", "first", "exchange", "FORWARD", "pairId"}
    async with socket(production.url, secret.text) as wire:
        for text, variables in BROKEN:
            body = {"query": text, "variables": variables}
            over_http = (await reader.post("/graphql", json=body)).json()["errors"]
            await wire.send(type="subscribe", id="1", payload=body)
            message = await wire.receive()
            assert message["type"] == "error", (text, message)
            for error in [*over_http, *message["payload"]]:
                assert leaked(error, f"{text} {variables}", names) == set(), (text, error)
                assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_no_answer_takes_longer_for_one_wrong_key_than_for_another(
    production: Process, secret: Secret, settings: Settings
) -> None:
    """Missing, unknown, known by its prefix, revoked: by less than a millisecond, over 2,000 tries in turns."""
    revoked = await new_key("revoked")
    await api_keys.revoke("revoked", system_clock())
    texts = {
        "missing": "",
        "unknown": Secret.new().text,
        "of a valid prefix": f"{secret.prefix}_{'0' * 48}",
        "revoked": revoked.text,
    }
    spent: dict[str, list[float]] = {name: [] for name in texts}
    answers = set[bytes]()
    async with wired(production.url) as wire:
        for _ in range(500):
            for name, text in texts.items():
                request = post(
                    headers=b"Content-Length: 26\r\n" + (f"Authorization: Bearer {text}\r\n" * bool(text)).encode()
                )
                begun = time.perf_counter()
                answers.add(await wire.exchange(request))
                spent[name].append(time.perf_counter() - begun)
    # The fastest quarter: a busy machine slows some down.
    usual = {name: statistics.quantiles(times)[0] for name, times in spent.items()}
    difference = max(usual.values()) - min(usual.values())

    print(f"{1e3 * difference:.3f} ms of {1e3 * MAX_DIFFERENCE:.0f}")
    assert len(answers) == 1
    assert difference < MAX_DIFFERENCE


async def test_a_key_shows_up_nowhere(production: Process, reader: httpx.AsyncClient, secret: Secret) -> None:
    """Not in answers, headers, metrics or the log, wherever it was written; and not taken from an address."""
    hidden = secret.text.rpartition("_")[2]
    seen = []
    for query in (f'{{ coin(symbol: "{hidden}") {{ id }} }}', "{ nothing }"):
        answer = await reader.post("/graphql", json={"query": query})
        seen.append(f"{answer.headers} {answer.text}")
    async with httpx.AsyncClient(base_url=production.url) as stranger:
        for name in ("key", "token", "authorization", "access_token"):
            answer = await stranger.get("/graphql", params={"query": "{ __typename }", name: secret.text})
            assert answer.status_code == 401
            seen.append(f"{answer.headers} {answer.text}")
        answer = await stranger.get(f"/{secret.text}", headers={"Authorization": f"Basic {secret.text}"})
        seen += [f"{answer.headers} {answer.text}", (await stranger.get("/metrics")).text]
    async with socket(production.url, secret.text) as wire:
        await wire.subscribe("{ nothing }")
        seen.append(str(await wire.receive()))
    seen.append(production.log.read_text())

    assert not any(hidden in text for text in seen)


async def test_10000_names_make_no_series(reader: httpx.AsyncClient, production: Process) -> None:
    """Of operations, aliases, fields and paths; most of them over one connection, at once."""
    before = {line.rpartition(" ")[0] for line in (await reader.get("/metrics")).text.splitlines()}
    for place in range(200):
        names = " ".join(f"bogus{place}_{name}: __typename" for name in range(49))
        await reader.post("/graphql", json={"query": f"query bogus{place} {{ {names} }}"})
    for place in range(100):
        await reader.get(f"/bogus{place}")
        await asked(reader, f"{{ bogus{place} }}")
    after = {line.rpartition(" ")[0] for line in (await reader.get("/metrics")).text.splitlines()}
    added = {line for line in after - before if not line.startswith("#")}

    print(f"{len(added)} of a few series, for what was not yet counted; {len(after)} in all")
    assert not any("bogus" in line for line in after)
    assert len(added) < 20
