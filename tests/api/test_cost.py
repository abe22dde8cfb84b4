"""What a query costs: candles times their fields, and one for every other field."""

from uuid import uuid4

import pytest

from tests.api.client import Client

BTC = 'exchange: "binance", symbol: "BTC/USDT", interval: "1m"'
PRICES = "nodes { open close }"
ID = uuid4()

COSTS = {
    "{ __typename }": 1,
    "{ timeframes { id minutes } }": 20,
    f"{{ candles({BTC}, last: 100) {{ {PRICES} }} }}": 201,
    f"{{ candles({BTC}) {{ {PRICES} }} }}": 1_001,
    f"{{ candles({BTC}, first: 0) {{ {PRICES} }} }}": 1,
    f'{{ candles({BTC}, from: "2024-03-01") {{ {PRICES} }} }}': 20_001,
    f'{{ candles({BTC}, from: "2024-03-01", to: "2024-03-01T00:10Z") {{ {PRICES} }} }}': 21,
    f"{{ candles({BTC}, last: 100) {{ edges {{ cursor node {{ open }} }} pageInfo {{ endCursor }} }} }}": 303,
    f"{{ candles({BTC}, last: 9) {{ {PRICES} {PRICES} }} }}": 19,
    f"{{ candles({BTC}, last: 9) {{ {PRICES} other: {PRICES} }} }}": 37,
    f"{{ candles({BTC}, last: 9) {{ ...all }} }} fragment all on CandleConnection {{ {PRICES} }}": 19,
    f"{{ series({BTC}, limit: 50) {{ count time close }} }}": 102,
    '{ compare(symbol: "X", interval: "1m", limit: 50) { spread } }': 1 + 10 * 50,
    '{ compare(symbol: "X", interval: "1m", exchanges: ["a", "b"], limit: 50) { time series { low high } } }': 301,
    f'{{ node(id: "{ID}") {{ ... on Pair {{ quality {{ score findingCount }} }} }} }}': 1 + 1 + 10_000 + 2,
    '{ coin(symbol: "X") { series(quote: "Y", interval: "1m", limit: 50) { time close } } }': 1 + 1 + 100,
    f"{{ pairs(first: 20) {{ nodes {{ symbol candles(last: 10) {{ {PRICES} }} }} }} }}": 1 + 20 * 22,
    f"{{ pairs {{ nodes {{ symbol candles(last: 10) {{ {PRICES} }} }} }} }}": 1 + 50 * 22,
    f"{{ pairs(first: null) {{ nodes {{ symbol candles(last: 10) {{ {PRICES} }} }} }} }}": 1 + 50 * 22,
    "mutation { fetchRecentCandles { processed jobs { id pair { symbol } } } }": 1 + 1 + 1_000 * 3,
    f"mutation {{ fetchRecentCandles(input: {{ {BTC} }}) {{ jobs {{ id pair {{ symbol }} }} }} }}": 1 + 3,
    'mutation { addPairs(input: { exchange: "x", symbols: ["A/B", "C/D"], intervals: ["1m"] }) { jobs { id } } }': 3,
    'mutation { addPairs(input: { exchange: "x", symbols: ["*/B"], intervals: ["1m"] }) { jobs { id } } }': 1_001,
    f'{{ node(id: "{ID}") {{ id ... on Pair {{ candles(last: 10) {{ {PRICES} }} }} }} }}': 1 + 1 + 21,
}


@pytest.mark.parametrize("query", COSTS)
async def test_a_query_tells_what_it_costs(api: Client, query: str) -> None:
    """In its answer's extensions, whether or not there was anything to find."""
    assert (await api.answer(query))["extensions"] == {"cost": COSTS[query]}


@pytest.mark.parametrize(("given", "cost"), [({}, 15), ({"n": 100}, 201), ({"n": 100, "closes": False}, 101)])
async def test_variables_count_with_their_values(api: Client, given: dict[str, object], cost: int) -> None:
    """Or with their defaults."""
    query = f"""query ($n: Int = 7, $closes: Boolean = true) {{
        candles({BTC}, last: $n) {{ nodes {{ open close @include(if: $closes) }} }}
    }}"""

    assert (await api.answer(query, **given))["extensions"] == {"cost": cost}


@pytest.mark.parametrize(
    "query",
    [
        "{ pairs(first: 1000) { nodes { candles(last: 1000) { nodes { open } } } } }",
        f'{{ node(id: "{ID}") {{ ... on Coin {{ pairs(first: 1000) {{ nodes {{ series {{ open close }} }} }} }} }} }}',
        "{" + " ".join(f"a{n}: candles({BTC}, first: 10000) {{ nodes {{ open close }} }}" for n in range(26)) + "}",
    ],
)
async def test_a_query_that_costs_too_much_is_refused(api: Client, statements: list[str], query: str) -> None:
    """Before the database is asked anything, with what would make it cheaper."""
    error = await api.error(query)

    assert error["code"] == "QUERY_TOO_COSTLY"
    assert "ask for fewer of them" in error["message"]
    assert statements == []
