"""Errors: a code for each, and nothing internal."""

import logging
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLError
from redis.exceptions import ConnectionError as RedisConnectionError

from api.errors import present
from domain.database import connection
from domain.errors import BadInputError, NotFoundError
from tests.api.client import Client


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}),
        ("{ nope }", {}),
        ('{ coins(first: "x") { totalCount } }', {}),
        ("query($n: Int!) { coins(first: $n) { totalCount } }", {}),
        ("query($n: Int) { coins(first: $n) { totalCount } }", {"n": "x"}),
        ("query($n: Int) { coins(first: $n) { totalCount } }", {"n": 2**31}),
        ("query($n: Int) { coins(first: $n) { totalCount } }", {"n": 10**400}),
        ("{ coins { totalCount } } { coins { totalCount } }", {}),
        ('{ pair(exchange: "a", symbol: "b", interval: "x") { id } }', {}),
        ('query($i: Interval!) { pair(exchange: "a", symbol: "b", interval: $i) { id } }', {"i": 5}),
        ("query($s: [[String!]!]!) { coin(symbol: $s) { id } }", {"s": [["x"]]}),
        ("fragment f on Query { coins { totalCount } } query { ...f } query b { ...f }", {}),
        ("query a { __typename } query b { __typename }", {}),
    ],
)
async def test_what_the_client_got_wrong_has_its_code(api: Client, query: str, variables: dict[str, Any]) -> None:
    """Parsing, validation, coercion, and scalars of ours."""
    errors = (await api.answer(query, **variables))["errors"]

    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}


async def test_a_mistake_of_ours_is_told_by_its_request_only(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the trace under the same id; the rest of the answer stands."""
    async with connection() as db:
        await db.execute("ALTER TABLE coins RENAME COLUMN name TO elsewhere")
    try:
        response = await api.http.post("/graphql", json={"query": '{ a: coin(symbol: "x") { id } timeframes { id } }'})
    finally:
        async with connection() as db:
            await db.execute("ALTER TABLE coins RENAME COLUMN elsewhere TO name")
    [error] = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    [record] = [record for record in caplog.records if record.name == "api.errors"]

    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert error["path"] == ["a"]
    assert error["message"] == f"Something went wrong on our side. It was logged as request {request_id}."
    assert response.json()["data"]["a"] is None
    assert len(response.json()["data"]["timeframes"]) == 15
    assert (record.levelno, request_id in record.getMessage(), bool(record.exc_info)) == (logging.ERROR, True, True)


async def test_what_clients_get_wrong_is_not_logged(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody could fill our log."""
    await api.answer("{ nope }")
    await api.answer('{ candles(exchange: "a", symbol: "b", interval: "1m") { totalCount } }')

    assert caplog.records == []


def coded(error: GraphQLError, *, hides_schema: bool = False) -> tuple[str, str]:
    [presented] = present([error], "42", hides_schema=hides_schema)
    assert presented.extensions
    return presented.extensions["code"], presented.message


@pytest.mark.parametrize(
    "cause",
    [
        ConnectionRefusedError("connect to 10.0.0.1"),
        TimeoutError(),
        FileNotFoundError("/var/run/.s.PGSQL.5432"),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.TooManyConnectionsError("sorry"),
        asyncpg.DeadlockDetectedError("deadlock"),
        RedisConnectionError("10.0.0.1:6379"),
    ],
)
def test_an_outage_is_told_as_one(cause: Exception) -> None:
    """The client may try again, and learns no address."""
    assert coded(GraphQLError("x", path=["coins"], original_error=cause)) == (
        "UNAVAILABLE",
        "The database or the job queue is out of reach; try again in a moment.",
    )


def test_what_postgresql_cut_off_has_timed_out() -> None:
    """It is there, and the client had better ask for less."""
    cause = asyncpg.QueryCanceledError("canceling statement due to statement timeout")
    code, message = coded(GraphQLError("x", path=["coins"], original_error=cause))

    assert (code, "ask for less" in message, "statement" in message) == ("TIMEOUT", True, False)


@pytest.mark.parametrize(
    "cause",
    [
        KeyError("secret"),
        asyncpg.UndefinedTableError("SELECT secret"),
        asyncpg.exceptions._base.DataError("secret"),
        GraphQLError("Int cannot represent 99999999999"),
    ],
)
def test_anything_else_is_ours(cause: Exception) -> None:
    """Also a value of ours that does not fit its type."""
    code, message = coded(GraphQLError("secret", path=["coins"], original_error=cause))

    assert (code, "secret" in message, "42" in message) == ("INTERNAL", False, True)


def test_a_refusal_of_the_domain_keeps_its_code_and_words() -> None:
    """They were written for clients."""
    error = GraphQLError("There is no pair.", path=["pair"], original_error=NotFoundError("There is no pair."))

    assert coded(error) == ("NOT_FOUND", "There is no pair.")


def test_what_the_client_has_not_named_can_be_left_out() -> None:
    """In production nobody is helped to guess what there is; what we say ourselves stays as it is."""
    ours = "There is no such type 'Coin'. Did you mean 'coin'?"
    refused = GraphQLError(ours, original_error=BadInputError(ours))
    assert coded(refused, hides_schema=True)[1] == ours
    error = GraphQLError("Cannot query field 'con' on type 'Query'. Did you mean 'coin'?")

    assert coded(error)[1].endswith("Did you mean 'coin'?")
    assert coded(error, hides_schema=True)[1] == "There is no field 'con' here."


def test_what_an_error_repeats_is_bounded() -> None:
    """An answer must not be as long as what was asked."""
    assert len(coded(GraphQLError("x" * 50_000))[1]) < 2_000


def test_one_failure_behind_many_fields_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """A thousand nodes may fail for one reason."""
    cause = KeyError("x")
    errors = [GraphQLError("x", path=["pairs", place], original_error=cause) for place in range(1_000)]

    assert len(present(errors, "42", hides_schema=False)) == 1_000
    assert len(caplog.records) == 1
