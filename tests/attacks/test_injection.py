"""Texts that mean something elsewhere: to a shell, a path, a format, a terminal, SQL or Python. Here they are names."""

from typing import Final

import httpx
import pytest

from tests.api.client import Client
from tests.api.process import Process
from tests.attacks.test_documents import MAX_SECONDS
from tests.attacks.vitals import computed

TEXTS: Final = {
    "a path": "../../etc/passwd",
    "an attribute": "__class__",
    "CCXT's own class": "Exchange",
    "an address": "http://127.0.0.1:1/",
    "a second line": "binance\r\nX-Injected: 1",
    "a format": "%s%n{0.__class__}",
    "colours": "\x1b[31mred\x1b[0m",
    "NUL": "bin\0ance",
    "half a surrogate": "\ud800",
    "SQL": "'; DROP TABLE candles; --",
    "a template": "{{7*7}}${7*7}",
    "10 kB": "x" * 10_000,
}
LOOKUPS: Final = {
    "query($t: String!) { exchange(name: $t) { id } }": {"BAD_USER_INPUT"},
    "query($t: String!) { coin(symbol: $t) { id } }": {"BAD_USER_INPUT"},
    'query($t: String!) { candles(exchange: $t, symbol: $t, interval: "1m") { totalCount } }': {"NOT_FOUND"},
    'query($t: Interval!) { candles(exchange: "a", symbol: "b", interval: $t) { totalCount } }': {"BAD_USER_INPUT"},
    'mutation($t: String!) { addPairs(input: {exchange: $t, symbols: [$t], intervals: ["1m"]}) { pairs { id } } }': {
        "NOT_FOUND"
    },
    "mutation($t: String!) { refreshMarkets(input: {exchange: $t}) { exchange { id } } }": {"NOT_FOUND"},
    "mutation($t: ID!) { syncPair(input: {pairId: $t}) { isNew } }": {"NOT_FOUND"},
}


@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_is_only_ever_looked_up(development: Process, name: str) -> None:
    """It finds nothing, costs little, and leaves no line in the log."""
    logged = development.log.read_text()
    async with httpx.AsyncClient(base_url=development.url) as http:
        client, begun = Client(http), computed(development)
        for query, codes in LOOKUPS.items():
            answer = await client.answer(query, t=TEXTS[name])
            told = {error["extensions"]["code"] for error in answer.get("errors", ())}
            assert told <= codes, query
            assert told or not any((answer["data"] or {}).values()), query
        each = (computed(development) - begun) / len(LOOKUPS)

    print(f"{1e3 * each:.0f} ms of {1e3 * MAX_SECONDS:.0f}")
    assert each < MAX_SECONDS
    assert development.log.read_text() == logged
