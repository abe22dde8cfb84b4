"""Exports take the arguments of `candles`, and mean the same by them."""

import json
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from api.cursors import time_cursor
from domain import exporting
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.api.test_exports import MARKET, PATH, export, many
from tests.factories import START, minutes

FIELDS: Final = "timestamp open high low close volume isComplete isFilled"
QUERY: Final = f"""
query(
  $exchange: String!, $symbol: String!, $interval: Interval!, $from: DateTime, $to: DateTime, $first: Int,
  $after: String, $last: Int, $before: String, $fill: Fill! = NONE
) {{
  candles(
    exchange: $exchange, symbol: $symbol, interval: $interval, from: $from, to: $to, first: $first, after: $after,
    last: $last, before: $before, fill: $fill
  ) {{ nodes {{ {FIELDS} }} pageInfo {{ endCursor }} }}
}}
"""

# Minutes after START that hold a candle, and ranges of minutes that are covered.
IRREGULAR: Final = [0, 1, 2, 5, 9, 10, 11, 12, 20, 21, 40, 60, 61, 62, 63, 64, 90, 99]
COVERED: Final = [(0, 15), (20, 30), (58, 100)]

# The same of candles of five minutes, some of which are off their grid.
LATE: Final = [0, 5, 12, 17, 22, 25, 40, 63, 68, 75, 90]

places = st.integers(min_value=-1, max_value=101)
instants = places.map(lambda place: (START + minutes(place)).isoformat().replace("+00:00", "Z"))
cursors = st.one_of(*[places.map(lambda place: time_cursor(START + minutes(place)))] * 9, st.just("nonsense"))
counts = st.integers(min_value=-1, max_value=30)
series = st.one_of(
    st.tuples(st.just("BTC/USDT"), st.sampled_from(("1m", "1m", "3m", "15m", "1h", "1d"))),
    st.tuples(st.just("ETH/USDT"), st.sampled_from(("5m", "5m", "15m", "1h"))),
)
paging = st.fixed_dictionaries(
    {},
    optional={
        "from": instants,
        "to": instants,
        "first": counts,
        "last": counts,
        "after": cursors,
        "before": cursors,
        "fill": st.sampled_from(("NONE", "PREVIOUS_CLOSE", "PREVIOUS_CLOSE")),
    },
)


@pytest.fixture
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "STRETCH_CANDLES", 3)
    monkeypatch.setattr(exporting, "_SEARCH_STRETCHES", 2)


@pytest.mark.usefixtures("short_stretches")
@given(of=series, given_arguments=paging)
@examples(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_an_export_is_what_the_query_answers(
    http: httpx.AsyncClient, api: Client, of: tuple[str, str], given_arguments: dict[str, Any]
) -> None:
    """The same candles in the same order, or the same error, whatever the arguments."""
    await irregular(api)
    asked = {**MARKET, "symbol": of[0], "interval": of[1], **given_arguments}
    answer = await api.answer(QUERY, **asked)
    found = await http.get(f"{PATH}.ndjson", params={**asked, "fields": FIELDS.replace(" ", ",")})

    if "errors" in answer:
        [theirs], [ours] = answer["errors"], found.json()["errors"]
        assert (ours["message"], ours["extensions"]["code"]) == (theirs["message"], theirs["extensions"]["code"])
    else:
        assert [json.loads(line) for line in found.text.splitlines()] == answer["data"]["candles"]["nodes"]


async def irregular(api: Client) -> None:
    """The pairs of a test, once."""
    if (await api.data("{ pairs { totalCount } }"))["pairs"]["totalCount"]:
        return
    for symbol, step, places in (("BTC/USDT", "1m", IRREGULAR), ("ETH/USDT", "5m", LATE)):
        pair = await factories.pair(symbol, step)
        await factories.candles(pair, [START + minutes(place) for place in places])
        covered = [TimeRange(START + minutes(start), START + minutes(end)) for start, end in COVERED]
        await factories.cover(pair, *covered)


async def test_the_newest_of_a_long_list_come_oldest_first(http: httpx.AsyncClient) -> None:
    """However many statements it takes to find where they begin, and more than a page."""
    count = 52_000
    await many("BTC/USDT", count)

    for newest in (20_000, 51_000, count, 10**12):
        lines = (await export(http, fields="volume", last=newest)).text.splitlines()[1:]
        assert [int(line) for line in lines] == list(range(1, count + 1))[-newest:]


async def test_pages_of_an_export_join_without_a_seam(http: httpx.AsyncClient, api: Client) -> None:
    """Behind a cursor of the query an export goes on."""
    await irregular(api)
    page = (await api.data(QUERY, **MARKET, first=7))["candles"]
    rest = await export(http, "ndjson", after=page["pageInfo"]["endCursor"], fields=FIELDS.replace(" ", ","))

    whole = await export(http, "ndjson", fields=FIELDS.replace(" ", ","))
    assert page["nodes"] + [json.loads(line) for line in rest.text.splitlines()] == [
        json.loads(line) for line in whole.text.splitlines()
    ]
