"""What is written at once is, to the byte, what the stock executor would have put together field by field."""

import gc
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from graphql import OperationType
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from api.candles.page_loader import PageLoader
from api.context import Context
from api.cursors import key_cursor, time_cursor
from api.errors import present
from api.execution.answer import encode
from api.execution.executor import WritingExecutor
from api.execution.operations import GraphQLRequest, Operations
from api.execution.stock import StockExecutor
from api.schema import build_operations
from api.shared import Shared
from api.sharing.batches import Batches
from domain.database import connection as stored
from domain.live.feed import Feed
from domain.models import PairStatus, SyncStatus
from domain.queue import Queue, redis
from domain.seed import seed
from domain.settings import Settings
from domain.timerange import TimeRange
from tests import factories
from tests.api import grammar
from tests.api.conftest import NOW
from tests.conftest import empty
from tests.factories import START

WRITTEN: Final = build_operations()
STOCK: Final = build_operations(executor=StockExecutor)

LEAVES: Final = ("id", "timestamp", "open", "high", "low", "close", "volume", "isComplete", "isFilled", "__typename")
PAGE_INFO: Final = ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor", "__typename")
NAMES: Final = ("a", "b", "open", "x1", "_y", "nodes", "timestamp")
CONDITIONS: Final = ("", "@include(if: $yes)", "@skip(if: $yes)", "@include(if: $no)", "@skip(if: false)")


def selections(fields: tuple[str, ...], fragment: str) -> st.SearchStrategy[str]:
    """Some of the fields, under other names, conditional, repeated, or in a fragment."""
    aliased = st.builds(
        lambda name, alias, condition: f"{alias}_{name}: {name} {condition}" if alias else f"{name} {condition}",
        st.sampled_from(fields),
        st.sampled_from((None, None, *NAMES)),
        st.sampled_from(CONDITIONS),
    )
    leaf = st.one_of(aliased, aliased.map(lambda text: f"... on {fragment} {{ {text} }}"))
    spread = st.sampled_from((f"...of{fragment}", f"... @include(if: $no) {{ {fields[0]} }}"))
    return st.lists(st.one_of(leaf, leaf, spread), min_size=1, max_size=6).map(" ".join)


candle = selections(LEAVES, "Candle")
edge = candle.map(lambda text: f"cursor again: cursor node {{ {text} }} node {{ close }}")
connection_field = st.one_of(
    candle.map(lambda text: f"nodes {{ {text} }}"),
    candle.map(lambda text: f"nodes {{ {text} }} nodes {{ low }}"),
    candle.map(lambda text: f"other: nodes {{ {text} }}"),
    edge.map(lambda text: f"edges {{ {text} __typename }}"),
    selections(PAGE_INFO, "PageInfo").map(lambda text: f"pageInfo {{ {text} }}"),
    st.sampled_from(("totalCount", "n: totalCount", "sourceInterval", "__typename", "...ofCandleConnection")),
)
connection = st.lists(connection_field, min_size=1, max_size=4).map(" ".join)

minute = st.integers(-3, 14).map(lambda at: f'"{(START + timedelta(minutes=at)).isoformat()}"')
count = st.sampled_from(("0", "1", "2", "2", "3", "3", "9", "50", "$some", "$some", "$none", "-1"))
argument = st.one_of(
    minute.map(lambda at: f"from: {at}"),
    minute.map(lambda at: f"to: {at}"),
    count.map(lambda n: f"first: {n}"),
    count.map(lambda n: f"last: {n}"),
    st.sampled_from(
        (
            "fill: PREVIOUS_CLOSE",
            "fill: PREVIOUS_CLOSE",
            "after: $cursor",
            "before: $cursor",
            "after: $cursor",
            "before: $cursor",
            'after: "nonsense"',
            "fill: NONE",
            "before: null",
        )
    ),
)
arguments = st.lists(argument, max_size=3, unique_by=lambda text: text.split(":")[0]).map(" ".join)

root_field = st.one_of(
    st.builds(
        lambda given, fields, step: (
            f'candles(exchange: "binance", symbol: "BTC/USDT", interval: "{step}" {given}) {{ {fields} }}'
        ),
        arguments,
        connection,
        st.sampled_from(("1m", "1m", "1m", "3m", "1h", "1w", "1M")),
    ),
    st.builds(
        lambda given, fields: f"pairs {{ nodes {{ symbol candles({given or 'first: 2'}) {{ {fields} }} }} }}",
        arguments,
        connection,
    ),
    candle.map(lambda text: f"pairs(first: 3) {{ nodes {{ latestCandle {{ {text} }} }} }}"),
    st.builds(
        lambda given, fields: (
            'pair(exchange: "binance", symbol: "ETH/USDT", interval: "1m")'
            f" {{ symbol candles({given or 'last: 3'}) {{ {fields} }} }}"
        ),
        arguments,
        connection,
    ),
    st.just('candles(exchange: "nowhere", symbol: "X/Y", interval: "1m") { totalCount }'),
    st.just("exchanges { name }"),
)
COLUMNS: Final = ("time", "open", "high", "low", "close", "volume", "count", "sourceInterval", "__typename")
limit = st.sampled_from(
    ("", "limit: 0", "limit: 2", "limit: 3", "limit: 50", "limit: $some", "limit: $none", "limit: -1")
)
series_arguments = st.builds(
    lambda given, limited: " ".join([*given, limited]),
    st.lists(
        st.one_of(
            minute.map(lambda at: f"from: {at}"),
            minute.map(lambda at: f"to: {at}"),
            st.just("fill: PREVIOUS_CLOSE"),
        ),
        max_size=3,
        unique_by=lambda text: text.split(":")[0],
    ),
    limit,
)


def series_field(columns: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Columns of a symbol at any interval, or of all pairs."""
    of_symbol = st.builds(
        lambda given, fields, step: (
            f'series(exchange: "binance", symbol: "ETH/USDT", interval: "{step}" {given}) {{ {fields} }}'
        ),
        series_arguments,
        columns,
        st.sampled_from(("1m", "1m", "3m", "1h")),
    )
    of_pairs = st.builds(
        lambda given, fields: f"pairs {{ nodes {{ series({given or 'limit: 2'}) {{ {fields} }} }} }}",
        series_arguments,
        columns,
    )
    return st.one_of(of_symbol, of_pairs)


HEAD: Final = "query Q($yes: Boolean! = true, $no: Boolean! = false, $some: Int = 4, $none: Int, $cursor: String)"
FRAGMENTS: Final = """
fragment ofCandle on Candle { volume close: close __typename }
fragment ofPageInfo on PageInfo { endCursor }
fragment ofCandleSeries on CandleSeries { count time }
fragment ofCandleConnection on CandleConnection { totalCount nodes { ...ofCandle } }
query Unused { __typename }
"""
# So that no fragment and no variable is left unused, which validation refuses.
EVERYTHING: Final = """
all: pairs(first: 1) {
    totalCount @include(if: $yes) @skip(if: $no)
    nodes {
        series(limit: $some) { ...ofCandleSeries }
        candles(first: $some, last: $none, after: $cursor) { ...ofCandleConnection pageInfo { ...ofPageInfo } }
    }
}
"""


def document(fields: list[str]) -> str:
    named = " ".join(f"f{place}: {text}" for place, text in enumerate(fields))
    return f"{HEAD} {{ {named} {EVERYTHING} }} {FRAGMENTS}"


whole_columns = selections(("count", "time", "sourceInterval", "__typename"), "CandleSeries")
documents = st.lists(st.one_of(root_field, series_field(whole_columns)), min_size=1, max_size=3).map(document)
decimal_columns = selections(COLUMNS, "CandleSeries")
documents_of_decimals = st.lists(series_field(decimal_columns), min_size=1, max_size=3).map(document)


@pytest.fixture(scope="module", autouse=True)
def dropped_coroutines() -> Iterator[None]:
    """Where an error ends an operation, graphql-core drops what it has not begun to await; Python complains."""
    usual, sys.unraisablehook = sys.unraisablehook, lambda _: None
    yield
    gc.collect()
    sys.unraisablehook = usual


@pytest.fixture(scope="module")
async def queue(installation: Settings, address: str) -> AsyncIterator[Queue]:
    """An installation with three pairs: one whole, one sparse, one without a candle; and two jobs.

    Its database is open because the API in this process is.
    """
    async with redis(installation.redis_url) as client:
        await seed(installation, decides=False)
        whole = await factories.pair()
        await factories.history(whole, 10)
        sparse = await factories.pair("ETH/USDT")
        await factories.candles(sparse, [START, START + timedelta(minutes=7)], price="0.000000000000000001")
        await factories.cover(sparse, TimeRange(START, START + timedelta(minutes=9)))
        await factories.pair("SOL/USDT", on="kraken", status=PairStatus.FAILED)
        await factories.market("BTC/USDT")
        await factories.job(whole, status=SyncStatus.RUNNING, seconds_planned=600, seconds_done=60, started_at=START)
        await factories.job(sparse, status=SyncStatus.FAILED, error_code="BAD_PAGE", error_is_transient=True)
        async with stored() as db:  # so that no price can pass for another
            await db.execute("UPDATE candles SET open = open * 2, close = close * 3, high = high * 4")
        yield Queue(client, lambda: NOW)
        await empty(installation)


def new_context(queue: Queue) -> Context:
    live = Feed(queue.redis, lambda: NOW)
    shared = Shared.of(queue.redis, "database", 2 << 20)
    return Context(queue, lambda: NOW, 10_000, 10**12, 30, "api/v1", "request", shared, live)


async def answer(operations: Operations, queue: Queue, document: str, cursor: str | None) -> bytes:
    return await answered(operations, new_context(queue), GraphQLRequest(document, {"cursor": cursor}, "Q"))


async def answered(operations: Operations, context: Context, request: GraphQLRequest) -> bytes:
    result = await operations.run(request, context, {OperationType.QUERY})
    errors: list[Any] = present(result.errors or [], "request", hides_schema=False)
    told = sorted((error.formatted for error in errors), key=repr)
    return encode({"data": result.data, "errors": told})


NO_DATA: Final = b'{"data":null,"errors":[{"'
CURSORS: Final = st.sampled_from((None, *(time_cursor(START + timedelta(minutes=at)) for at in (-2, 0, 4, 9, 30))))


def with_doubles(answer: bytes) -> str:
    """An answer with every number as what JavaScript makes of it."""
    return json.dumps(json.loads(answer, parse_int=float))


async def check_alike(queue: Queue, document: str, cursor: str | None, read: Callable[[bytes], object] = bytes) -> None:
    written, stock = await answer(WRITTEN, queue, document, cursor), await answer(STOCK, queue, document, cursor)
    if written.startswith(NO_DATA):
        # The first error ends the whole operation, and which of several comes first is a matter of time.
        assert stock.startswith(NO_DATA)
    else:
        assert read(written) == read(stock)


SETTINGS: Final = hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SETTINGS
@given(document=documents, cursor=CURSORS)
async def test_both_ways_answer_alike(queue: Queue, document: str, cursor: str | None) -> None:
    """Aliases, fragments, conditions, merged fields, both directions of paging, and errors beside data."""
    await check_alike(queue, document, cursor)


ENTITIES: Final = st.lists(grammar.root_fields(), min_size=1, max_size=2).map(document)
ENTITY_CURSORS: Final = st.sampled_from((None, key_cursor(["binance", "BTC/USDT", "1", str(UUID(int=0))])))


@SETTINGS
@given(document=ENTITIES, cursor=ENTITY_CURSORS)
async def test_both_ways_answer_alike_about_anything(queue: Queue, document: str, cursor: str | None) -> None:
    """Whatever the schema lets one ask of pairs, coins, exchanges, timeframes and jobs, however deep."""
    await check_alike(queue, document, cursor, with_doubles)


@SETTINGS
@given(document=documents_of_decimals)
async def test_both_ways_answer_with_the_same_numbers(queue: Queue, document: str) -> None:
    """Columns of prices have all their digits where they are written at once; the stock executor has doubles."""
    await check_alike(queue, document, None, with_doubles)


async def test_an_error_in_what_is_large_ends_the_operation(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it leaves of a small answer is worked out field by field, which takes a hundred times as long."""
    below = "symbol candles(first: -1) { totalCount } exchange { pairs { nodes { symbol quote interval } } }"
    request = GraphQLRequest(f"{{ timeframes {{ id }} pairs {{ nodes {{ {below} }} }} }}")
    small = json.loads(await answered(WRITTEN, new_context(queue), request))
    monkeypatch.setattr(WritingExecutor, "_patience", 5)
    large = json.loads(await answered(WRITTEN, new_context(queue), request))

    assert [answer["data"] for answer in (small, large)] == [None, None]
    assert [error["path"] for error in small["errors"]] == [["pairs", "nodes", 0, "candles"]]
    assert [error["path"] for error in large["errors"]] == [["pairs"]]
    assert large["errors"][0]["extensions"] == small["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


class Unreachable:
    """A reading that fails as one does without PostgreSQL."""

    def __init__(self, context: Context) -> None:
        self.count = 0
        loaders, batches = context.loaders, Batches(self._fail)
        loaders.latest, loaders.bounds, pages = batches, batches, PageLoader(batches)
        context.shared = replace(context.shared, small_pages=pages)

    async def _fail(self, _: Any) -> Any:
        self.count += 1
        raise ConnectionRefusedError


@pytest.mark.parametrize(
    "selected",
    [
        "latestCandle { close }",
        "coverage { candleCount firstCandleAt }",
        "candles(last: 2) { nodes { close } }",
        "coin { pairs { nodes { candles(last: 2) { nodes { close } } } } }",
    ],
)
async def test_an_outage_is_met_once(queue: Queue, selected: str) -> None:
    """Where it keeps the answer from being written at once, nobody waits for it again."""
    context = new_context(queue)
    reading = Unreachable(context)
    told = await answered(WRITTEN, context, GraphQLRequest(f"{{ pairs {{ nodes {{ symbol {selected} }} }} }}"))

    assert (b"UNAVAILABLE" in told, reading.count) == (True, 1)


async def test_an_outage_leaves_of_the_answer_what_the_stock_executor_leaves(queue: Queue) -> None:
    """Everything that is known without the reading that failed."""
    request = GraphQLRequest("{ pairs { nodes { symbol latestCandle { close } coverage { candleCount } } } }")
    contexts = new_context(queue), new_context(queue)
    readings = [Unreachable(context) for context in contexts]
    written, stock = [
        await answered(operations, context, request)
        for operations, context in zip((WRITTEN, STOCK), contexts, strict=True)
    ]

    assert written == stock
    assert (written.count(b"UNAVAILABLE"), [reading.count > 0 for reading in readings]) == (3, [True, True])
