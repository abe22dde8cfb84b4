"""The loopback exchange remembers what it was asked and misbehaves as it is told."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from domain.clock import milliseconds
from tests.exchange import distortion, faults
from tests.exchange.ban import RateLimit
from tests.exchange.conftest import Client
from tests.exchange.dialects.registry import DIALECTS
from tests.exchange.distortion import Distortion
from tests.exchange.faults import Fault
from tests.exchange.market import MemoryMarket
from tests.exchange.server import LoopbackExchange

ROWS = 9

BREAKS = {
    "hang": (faults.hang(3), ccxt.RequestTimeout),
    "bad gateway": (faults.html(502), ccxt.ExchangeNotAvailable),
    "forbidden": (faults.html(403), ccxt.ExchangeNotAvailable),
    "teapot": (faults.json("{}", 418, {"Retry-After": "3"}), ccxt.DDoSProtection),
    "overloaded": (faults.json('{"code":-1008,"msg":"Server is currently overloaded."}', 400), ccxt.ExchangeError),
    "maintenance": (faults.json('{"code":-1,"msg":"System is under maintenance."}', 400), ccxt.OnMaintenance),
    "truncated": (faults.truncated, ccxt.ExchangeError),
}
NOTHING_SAID = {
    "page": faults.html(200),
    "null": faults.json("null"),
    "object": faults.json("{}"),
    "nothing": faults.reply(),
    "no rows": faults.distorted(distortion.empty),
}
DISTORTIONS: dict[str, tuple[Distortion, Callable[[list[Any]], list[Any]]]] = {
    "duplicated": (distortion.duplicated, lambda rows: [row for row in rows for _ in range(2)]),
    "holed": (distortion.holed, lambda rows: rows[:4] + rows[5:]),
    "shortened": (distortion.shortened, lambda rows: rows[:5]),
    "off by seconds": (
        distortion.off_by_seconds,
        lambda rows: [*rows[:4], [rows[4][0] + 13_000, *rows[4][1:]], *rows[5:]],
    ),
    "below zero": (distortion.below_zero, lambda rows: [*rows[:4], [*rows[4][:5], "-1"], *rows[5:]]),
}


@pytest.fixture
def since(market: MemoryMarket) -> int:
    return market.held("BTC/USDT", "1m")[100][0]


def rows_from(market: MemoryMarket, since: int) -> list[list[Any]]:
    return [list(row) for row in market.held("BTC/USDT", "1m") if row[0] >= since][:ROWS]


async def fetched(client: Client, since: int | None, exchange: str = "binance") -> list[list[Any]]:
    rows: list[list[Any]] = await client(exchange).fetch_ohlcv("BTC/USDT", "1m", since, ROWS)
    return rows


async def test_requests_are_remembered(client: Client, loopback: LoopbackExchange, since: int) -> None:
    """Each request is there with its exchange, path and query, in order."""
    await client("binance").load_markets()
    loopback.requests.clear()
    await fetched(client, since)
    await fetched(client, since + 60_000)

    assert [(seen.exchange, seen.path) for seen in loopback.requests] == [("binance", "/api/v3/klines")] * 2
    assert [seen.query["startTime"] for seen in loopback.requests] == [str(since), str(since + 60_000)]
    assert loopback.requests[0].at < loopback.requests[1].at


async def test_answers_carry_the_exchange_s_time(client: Client, market: MemoryMarket, since: int) -> None:
    """The Date header and the server time are those of the market's clock."""
    binance = client("binance")
    await fetched(client, since)

    assert binance.last_response_headers["Date"] == market.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert await binance.fetch_time() == int(market.now().timestamp() * 1_000)


@pytest.mark.parametrize("name", BREAKS)
async def test_broken_answers(client: Client, loopback: LoopbackExchange, since: int, name: str) -> None:
    """A broken answer raises in CCXT as the real one does, once, and the next request succeeds."""
    fault, error = BREAKS[name]
    await client("binance").load_markets()
    loopback.faults.add("/binance/api/v3/klines", fault)

    with pytest.raises(ccxt.BaseError) as raised:
        await fetched(client, since)

    assert raised.type is error
    assert len(await fetched(client, since)) == ROWS


async def test_a_truncated_answer_names_its_cause(client: Client, loopback: LoopbackExchange, since: int) -> None:
    """The error of a body cut short is told from the exchange's own errors by its cause."""
    await client("binance").load_markets()
    loopback.faults.add("klines", faults.truncated)

    with pytest.raises(ccxt.ExchangeError) as raised:
        await fetched(client, since)

    assert isinstance(raised.value.__cause__, aiohttp.ClientError)


async def test_resets(client: Client, loopback: LoopbackExchange, since: int) -> None:
    """One reset of a kept-alive connection goes unnoticed; resets without end do not."""
    await fetched(client, since)
    loopback.faults.add("klines", faults.reset)
    assert len(await fetched(client, since)) == ROWS

    loopback.faults.add("klines", faults.reset, times=faults.ALWAYS)
    with pytest.raises(ccxt.NetworkError):
        await fetched(client, since)


@pytest.mark.parametrize("fault", NOTHING_SAID.values(), ids=NOTHING_SAID)
async def test_garbage_looks_like_no_candles(
    client: Client, loopback: LoopbackExchange, since: int, fault: Fault
) -> None:
    """CCXT makes an empty page of answers that say nothing about the window."""
    await client("binance").load_markets()
    loopback.faults.add("klines", fault)

    assert await fetched(client, since) == []


@pytest.mark.parametrize("exchange", DIALECTS)
async def test_null_prices_arrive(client: Client, loopback: LoopbackExchange, now: datetime, exchange: str) -> None:
    """A candle with null prices passes through CCXT, whatever the dialect."""
    await client(exchange).load_markets()
    loopback.faults.add(f"/{exchange}/", faults.rewritten(faults.null_prices))

    rows = await client(exchange).fetch_ohlcv("BTC/USDT", "1m", milliseconds(now) - 20 * 60_000, 20)

    assert sum(row[1:5] == [None] * 4 for row in rows) == 1 or exchange in {"kraken", "gemini"}


@pytest.mark.parametrize("name", DISTORTIONS)
async def test_distorted_rows_arrive(
    client: Client, loopback: LoopbackExchange, market: MemoryMarket, since: int, name: str
) -> None:
    """What the distortion makes of the rows is what CCXT returns, cut to the limit."""
    distort, expected = DISTORTIONS[name]
    await client("binance").load_markets()
    loopback.faults.add("klines", faults.distorted(distort))

    assert await fetched(client, since) == expected(rows_from(market, since))[:ROWS]


async def test_an_ignored_since_gives_the_newest(
    client: Client, loopback: LoopbackExchange, market: MemoryMarket, since: int
) -> None:
    """The page lies far from what was asked."""
    await client("binance").load_markets()
    loopback.faults.add("klines", faults.distorted(distortion.since_ignored))

    assert [row[0] for row in await fetched(client, since)] == [row[0] for row in market.held("BTC/USDT", "1m")[-ROWS:]]


async def test_faults_wait_for_their_turn(client: Client, loopback: LoopbackExchange, since: int) -> None:
    """The first `after` requests pass, then the fault comes `times` times."""
    await client("binance").load_markets()
    loopback.faults.add("klines", faults.html(502), after=1, times=2)
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(len(await fetched(client, since)))
        except ccxt.ExchangeNotAvailable:
            outcomes.append(0)

    assert outcomes == [ROWS, 0, 0, ROWS]


def test_a_ban_ends() -> None:
    """Two in a second are answered, the third is refused, and so is everything until Retry-After is over."""
    limit = RateLimit(per_second=2, status=418, body="", retry_after=5)
    times = (0, 0.4, 0.8, 2.0, 5.7, 5.8, 6.8)

    assert [limit.refusal(at) is None for at in times] == [True, True, False, False, False, True, True]
    assert limit.refused == 3


async def test_a_ban_is_one_exchange_s(client: Client, loopback: LoopbackExchange, since: int) -> None:
    """A ban with the status that was asked for; other exchanges do not notice it."""
    await client("binance").load_markets()
    loopback.limit("binance", per_second=0, status=418, retry_after=60)

    with pytest.raises(ccxt.DDoSProtection):
        await fetched(client, since)
    assert await fetched(client, since, "bybit")


async def test_exchanges_may_have_markets_of_their_own(
    client: Client, loopback: LoopbackExchange, market: MemoryMarket, since: int
) -> None:
    """One exchange can be put over another market than the rest."""
    other = MemoryMarket(market.clock)
    other.put("BTC/USDT", "1m", market.held("BTC/USDT", "1m")[:103])
    await client("okx").load_markets()
    loopback.serve(other, "okx")

    assert len(await fetched(client, since, "okx")) == 3
    assert len(await fetched(client, since, "bybit")) == ROWS
