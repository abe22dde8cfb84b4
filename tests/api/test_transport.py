"""GraphQL over HTTP: what is taken, and how it is answered."""

import json
from typing import Any

import httpx
import pytest
from graphql import ExecutionResult, GraphQLError

from api.errors import present
from api.execution.answer import encode
from api.http.media import PLAIN_JSON, RESPONSE_JSON, accepted
from api.http.status import status_of_answer
from domain.errors import (
    OverloadedError,
    QueryTooCostlyError,
    RateLimitedError,
    TimedOutError,
    UnauthenticatedError,
)

JSON = {"Content-Type": "application/json"}
STRICT = "application/graphql-response+json"


async def post(http: httpx.AsyncClient, content: bytes, **headers: str) -> httpx.Response:
    return await http.post("/graphql", content=content, headers={**JSON, **headers})


def code(response: httpx.Response) -> str:
    [error] = response.json()["errors"]
    return str(error["extensions"]["code"])


MALFORMED = {
    "nothing": b"",
    "null": b"null",
    "a text": b'"x"',
    "a number": b"1",
    "a list": b"[]",
    "a batch": b'[{"query": "{ __typename }"}]',
    "no query": b"{}",
    "an empty query": b'{"query": " "}',
    "a query that is no text": b'{"query": 1}',
    "variables that are a list": b'{"query": "{ __typename }", "variables": []}',
    "variables that are text": b'{"query": "{ __typename }", "variables": "x"}',
    "extensions that are a number": b'{"query": "{ __typename }", "extensions": 1}',
    "an operation name that is a number": b'{"query": "{ __typename }", "operationName": 1}',
    "an operation that is not there": b'{"query": "{ __typename }", "operationName": "x"}',
    "bad UTF-8": b'{"query": "\xff"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "cut off": b'{"query": "{ __ty',
    "not a number": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "a number of 5,000 digits": b'{"query": "{ __typename }", "variables": {"a": ' + b"1" * 5_000 + b"}}",
    "60,000 brackets": b"[" * 60_000,
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_malformed_bodies_are_refused(http: httpx.AsyncClient, name: str) -> None:
    """With 400 and a code, never 500."""
    response = await post(http, MALFORMED[name])

    assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/xapplication/jsonx",
        "application/jsonp",
        "application/graphql",
        "",
    ],
)
async def test_only_json_is_taken(http: httpx.AsyncClient, kind: str) -> None:
    """What a page of another site could send without asking first is refused."""
    response = await post(http, b'{"query": "{ __typename }"}', **{"Content-Type": kind})

    assert (response.status_code, code(response)) == (415, "BAD_USER_INPUT")


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"])
async def test_json_is_taken_however_it_is_written(http: httpx.AsyncClient, kind: str) -> None:
    """Parameters and case do not matter."""
    response = await post(http, b'{"query": "{ __typename }"}', **{"Content-Type": kind})

    assert response.json()["data"] == {"__typename": "Query"}


async def test_bodies_over_64_kib_are_refused(http: httpx.AsyncClient) -> None:
    """Whether their length is told or not; 60 kB are fine."""
    large = b'{"query": "{ __typename }", "extensions": {"x": "' + b"x" * 64 * 1024 + b'"}}'

    async def chunks() -> Any:
        for start in range(0, len(large), 10_000):
            yield large[start : start + 10_000]

    told = await post(http, large)
    untold = await http.post("/graphql", content=chunks(), headers=JSON)
    fine = await post(http, b'{"query": "{ __typename }", "extensions": {"x": "' + b"x" * 60_000 + b'"}}')

    assert [response.status_code for response in (told, untold, fine)] == [413, 413, 200]
    assert "x-request-id" in told.headers


@pytest.mark.parametrize(
    ("query", "kept"),
    [("{", False), ("{ nope }", False), ("query($n: Int!) { coins(first: $n) { totalCount } }", False)],
)
async def test_what_never_ran_has_no_data(http: httpx.AsyncClient, query: str, kept: bool) -> None:
    """400 for clients that know GraphQL's own media type, 200 for those that do not."""
    body = json.dumps({"query": query}).encode()
    plain = await post(http, body)
    strict = await post(http, body, Accept=STRICT)

    assert (plain.status_code, plain.headers["content-type"]) == (200, PLAIN_JSON)
    assert (strict.status_code, strict.headers["content-type"]) == (400, RESPONSE_JSON)
    assert ("data" in plain.json(), "data" in strict.json()) == (kept, kept)


@pytest.mark.parametrize(
    ("cause", "strict", "plain", "headers"),
    [
        (None, 400, 200, {}),
        (QueryTooCostlyError("x"), 400, 200, {}),
        (UnauthenticatedError("x"), 401, 401, {"WWW-Authenticate": "Bearer"}),
        (RateLimitedError("x", 7), 429, 429, {"Retry-After": "7"}),
        (KeyError("x"), 500, 200, {}),
        (OverloadedError("x"), 503, 200, {"Retry-After": "1"}),
        (ConnectionRefusedError("x"), 503, 200, {"Retry-After": "1"}),
        (TimedOutError("x"), 504, 200, {}),
    ],
)
def test_what_never_ran_says_by_its_status_whose_fault_that_is(
    cause: Exception | None, strict: int, plain: int, headers: dict[str, str]
) -> None:
    """5xx where it is ours; plain JSON says 200 to all but those who were turned away, as its clients expect."""
    error = GraphQLError("x", original_error=cause)
    answer = {"errors": [shown.formatted for shown in present([error], "42", hides_schema=False)]}
    result = ExecutionResult(None, [error])

    assert status_of_answer(result, answer, is_strict=True) == (strict, headers)
    assert status_of_answer(result, answer, is_strict=False) == (plain, headers if plain == strict else {})
    assert status_of_answer(result, {**answer, "data": None}, is_strict=True) == (200, {})


async def test_what_failed_while_it_ran_keeps_its_data(http: httpx.AsyncClient) -> None:
    """The status tells nothing then."""
    body = b'{"query": "{ coins(first: -1) { totalCount } }"}'
    response = await post(http, body, Accept=STRICT)

    assert (response.status_code, response.json()["data"], code(response)) == (200, None, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("", PLAIN_JSON),
        ("*/*", PLAIN_JSON),
        ("application/*", PLAIN_JSON),
        ("text/html", PLAIN_JSON),
        (STRICT, RESPONSE_JSON),
        (f"{STRICT}, application/json", RESPONSE_JSON),
        (f"application/json, {STRICT}", PLAIN_JSON),
        (f"application/json;q=0.5, {STRICT};q=0.9", RESPONSE_JSON),
        (f"{STRICT};q=0", PLAIN_JSON),
        (f"{STRICT};q=x, */*", PLAIN_JSON),
        (f"{STRICT.upper()}; charset=utf-8", RESPONSE_JSON),
        (",;,=", PLAIN_JSON),
    ],
)
def test_the_media_type_is_what_the_client_likes_best(header: str, kind: str) -> None:
    """The first of equals; plain JSON where it likes neither."""
    assert accepted(header) == kind


async def test_queries_may_come_by_get(http: httpx.AsyncClient) -> None:
    """With variables and an operation's name."""
    query = "query a { __typename } query b($n: Int) { coins(first: $n) { totalCount } }"
    response = await http.get("/graphql", params={"query": query, "operationName": "b", "variables": '{"n": 1}'})

    assert response.json()["data"] == {"coins": {"totalCount": 0}}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"query": 'mutation { refreshMarkets(input: {exchange: "x"}) { exchange { id } } }'}, 405),
        ({"query": "subscription { x }"}, 405),
        ({"query": "query a { __typename } mutation b { nope }", "operationName": "b"}, 405),
        ({"query": "{ __typename }", "variables": "{"}, 400),
        ({"query": "{ __typename }", "variables": "[]"}, 400),
        ({}, 400),
        ({"query": ""}, 400),
    ],
)
async def test_other_gets_are_refused(http: httpx.AsyncClient, params: dict[str, str], status: int) -> None:
    """Nothing is changed by following a link."""
    response = await http.get("/graphql", params=params)

    assert (response.status_code, code(response)) == (status, "BAD_USER_INPUT")


async def test_who_asks_in_the_wrong_way_is_told_the_right_one(http: httpx.AsyncClient) -> None:
    """Clients that follow by HTTP, as those of graphql-sse, are told where; 400, since no other method would do."""
    mutation = 'mutation { refreshMarkets(input: {exchange: "x"}) { exchange { id } } }'
    changed = await http.get("/graphql", params={"query": mutation})
    followed = await post(http, b'{"query": "subscription { syncJob(id: 1) { id } }"}', Accept="text/event-stream")

    assert (changed.status_code, "POST" in changed.text) == (405, True)
    assert (followed.status_code, "WebSocket" in followed.text) == (400, True)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused(http: httpx.AsyncClient, method: str) -> None:
    """With what is allowed instead."""
    response = await http.request(method, "/graphql")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_nothing_redirects(http: httpx.AsyncClient) -> None:
    """A redirected POST would lose its body."""
    assert (await post(http, b'{"query": "{ __typename }"}')).status_code == 200
    assert (await http.post("/graphql/", json={"query": "{ __typename }"})).status_code == 404


async def test_every_answer_carries_the_id_of_its_request(http: httpx.AsyncClient) -> None:
    """Another one each time, whatever the answer."""
    answers = [
        await post(http, b'{"query": "{ __typename }"}'),
        await post(http, b"null"),
        await http.get("/nope"),
        await http.get("/healthz"),
    ]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 4


@pytest.mark.parametrize("value", ["\ud800", 2**70, "é", None, [1.5]])
def test_anything_that_json_can_say_can_be_answered(value: object) -> None:
    """Also half of a surrogate pair, which UTF-8 cannot."""
    assert json.loads(encode({"value": value})) == {"value": value}


async def test_a_text_of_the_client_never_breaks_the_answer(http: httpx.AsyncClient) -> None:
    """Errors repeat it."""
    query = b"query($k: SyncKind) { syncJobs(filter: {kind: $k}) { totalCount } }"
    body = b'{"query": "' + query + rb'", "variables": {"k": "\ud800"}}'
    response = await post(http, body)

    assert code(response) == "BAD_USER_INPUT"
