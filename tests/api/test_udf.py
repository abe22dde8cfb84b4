"""TradingView's Universal Data Feed."""

from typing import Any

import httpx
import pytest

from api.udf.resolutions import interval_of, resolution
from domain.errors import BadInputError
from domain.interval import STANDARD_INTERVALS
from tests import factories
from tests.api.conftest import NOW
from tests.factories import START, minutes

PATH = "/api/v1/udf"
BEGIN = int(START.timestamp())


@pytest.fixture(autouse=True)
async def five(http: httpx.AsyncClient) -> None:
    """Minutes 0 to 2 and 5 to 6, the nth candle with a volume of n."""
    pair = await factories.pair()
    await factories.candles(pair, [START + minutes(at) for at in (0, 1, 2, 5, 6)])


async def ask(http: httpx.AsyncClient, what: str, **arguments: Any) -> Any:
    found = await http.get(f"{PATH}/{what}", params=arguments)
    assert found.status_code == 200, found.text
    return found.json()


async def history(http: httpx.AsyncClient, **arguments: Any) -> Any:
    """`from` and `to` are minutes."""
    times = {name: BEGIN + 60 * arguments.pop(name) for name in ("from", "to") if name in arguments}
    usual = {"symbol": "binance:BTC/USDT", "resolution": "1"}
    return await ask(http, "history", **(usual | times | arguments))


async def test_config_says_what_the_feed_can(http: httpx.AsyncClient) -> None:
    """Searching and resolving one symbol at a time, and the time."""
    config = await ask(http, "config")

    assert (config["supports_search"], config["supports_group_request"], config["supports_time"]) == (True, False, True)
    assert ",".join(config["supported_resolutions"]) == "1,3,5,15,30,60,120,240,360,480,720,1D,3D,1W,1M"
    assert [exchange["value"] for exchange in config["exchanges"]] == ["", "binance"]


async def test_time_is_a_number_of_seconds(http: httpx.AsyncClient) -> None:
    """As plain text."""
    found = await http.get(f"{PATH}/time")
    assert (found.text, found.headers["content-type"]) == (str(int(NOW.timestamp())), "text/plain; charset=utf-8")


async def test_a_symbol_tells_how_to_draw_it(http: httpx.AsyncClient) -> None:
    """Round the clock in UTC, with as many digits as its prices have, at all that its stored intervals make up."""
    info = await ask(http, "symbols", symbol="binance:BTC/USDT")

    assert info["ticker"] == "binance:BTC/USDT"
    assert (info["name"], info["exchange"], info["listed_exchange"]) == ("BTC/USDT", "binance", "binance")
    assert (info["session"], info["timezone"], info["type"]) == ("24x7", "Etc/UTC", "crypto")
    assert (info["minmov"], info["pricescale"], info["volume_precision"]) == (1, 10, 0)
    assert (info["has_intraday"], info["has_daily"], info["has_weekly_and_monthly"]) == (True, True, True)
    assert info["intraday_multipliers"] == ["1", "3", "5", "15", "30", "60", "120", "240", "360", "480", "720"]
    assert info["supported_resolutions"][-4:] == ["1D", "3D", "1W", "1M"]


async def test_the_price_scale_has_room_for_small_prices(http: httpx.AsyncClient) -> None:
    """Zeros at the end do not count; where there is no candle it is hundredths."""
    small = await factories.pair("SHIB/USDT", "1d")
    await factories.pair("NEW/USDT")
    await factories.candles(small, [START], price="0.0000234500")

    info = await ask(http, "symbols", symbol="binance:SHIB/USDT")

    assert (info["pricescale"], info["has_intraday"]) == (10**8, False)
    assert info["supported_resolutions"] == ["1D", "3D", "1W", "1M"]
    assert (await ask(http, "symbols", symbol="binance:NEW/USDT"))["pricescale"] == 100


@pytest.mark.parametrize("typed", ["BINANCE:BTC/USDT", "btc/usdt", "BTC/USDT", "BTCUSDT", "binance:btcusdt"])
async def test_a_symbol_is_found_as_it_is_typed(http: httpx.AsyncClient, typed: str) -> None:
    """Charts put it into capitals, people leave out the exchange and the slash; bars are found by the same words."""
    assert (await ask(http, "symbols", symbol=typed))["ticker"] == "binance:BTC/USDT"
    assert (await history(http, symbol=typed, to=10, countback=1))["v"] == [5]


async def test_derivatives_have_colons_of_their_own(http: httpx.AsyncClient) -> None:
    """Only the first one ends the exchange's name."""
    swap = await factories.pair("BTC/USDT:USDT", on="okx")
    await factories.candles(swap, [START])

    assert (await ask(http, "symbols", symbol="BTC/USDT:USDT"))["ticker"] == "okx:BTC/USDT:USDT"
    assert (await history(http, symbol="okx:BTC/USDT:USDT", to=10, countback=5))["t"] == [BEGIN]


async def test_search_looks_for_parts_of_names(http: httpx.AsyncClient) -> None:
    """Those that begin with it first; each symbol once, whatever its intervals; on one exchange where it is named."""
    await factories.pair("BTC/USDT", "1h")
    await factories.pair("WBTC/USDT")
    await factories.pair("BTC/EUR", on="kraken")

    async def found(**arguments: Any) -> list[str]:
        return [item["ticker"] for item in await ask(http, "search", **arguments)]

    assert await found(query="btc") == ["kraken:BTC/EUR", "binance:BTC/USDT", "binance:WBTC/USDT"]
    assert await found(query="BTC", exchange="kraken", type="crypto", limit=30) == ["kraken:BTC/EUR"]
    assert await found(query="btc", limit=1) == ["kraken:BTC/EUR"]
    assert await found(query="btcusdt") == ["binance:BTC/USDT", "binance:WBTC/USDT"]
    assert await found(query="kraken:btce") == ["kraken:BTC/EUR"]
    assert await found(query="kraken:") == ["kraken:BTC/EUR"]
    assert await found(query="btc", type="stock") == []
    assert await found(query="\0") == []


async def test_bars_are_columns_of_numbers(http: httpx.AsyncClient) -> None:
    """Open times in seconds, oldest first, in [from, to)."""
    assert await history(http, **{"from": 1, "to": 6}) == {
        "s": "ok",
        "t": [BEGIN + 60, BEGIN + 120, BEGIN + 300],
        "o": [100.5, 100.5, 100.5],
        "h": [100.5, 100.5, 100.5],
        "l": [100.5, 100.5, 100.5],
        "c": [100.5, 100.5, 100.5],
        "v": [2, 3, 4],
    }


async def test_countback_goes_before_from(http: httpx.AsyncClient) -> None:
    """So many bars before `to`, however far back; fewer only where there are no more."""
    assert (await history(http, **{"from": 5, "to": 6, "countback": 3}))["v"] == [2, 3, 4]
    assert (await history(http, **{"from": 0, "to": 7, "countback": 1}))["v"] == [5]
    assert (await history(http, to=100, countback=400))["v"] == [1, 2, 3, 4, 5]


async def test_a_hole_is_leapt_over(http: httpx.AsyncClient) -> None:
    """Where there is nothing, `nextTime` is the bar before; where there is nothing before either, it is left out."""
    assert await history(http, **{"from": 3, "to": 5}) == {"s": "no_data", "nextTime": BEGIN + 120}
    assert await history(http, **{"from": 100, "to": 200}) == {"s": "no_data", "nextTime": BEGIN + 360}
    assert await history(http, **{"from": -50, "to": 0}) == {"s": "no_data"}
    assert await history(http, to=0, countback=10) == {"s": "no_data"}


async def test_too_many_bars_are_the_newest(http: httpx.AsyncClient) -> None:
    """As many as a page holds, since a chart looks from the present back."""
    await factories.history(await factories.pair("ETH/USDT"), 10_010)

    for arguments in ({"from": 0}, {"countback": 20_000}):
        found = await history(http, symbol="binance:ETH/USDT", to=20_000, **arguments)
        assert (len(found["t"]), found["v"][-1]) == (10_000, 10_010)


async def test_coarser_bars_are_resampled(http: httpx.AsyncClient) -> None:
    """Days open at midnight UTC; the last one is served while it is under way."""
    assert (await history(http, resolution="1D", to=2_000, countback=2))["v"] == [15]
    assert (await history(http, resolution="D", to=2_000, countback=2))["t"] == [BEGIN]


async def test_times_may_be_any(http: httpx.AsyncClient) -> None:
    """Charts ask for years before 1970 and after the present, and send along what is not for us."""
    found = await ask(
        http,
        "history",
        **{"from": -(10**12), "to": 10**14},
        symbol="binance:BTC/USDT",
        resolution="1",
        currencyCode="USD",
    )
    assert found["v"] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"symbol": "binance:DOGE/USDT"}, 404, "NOT_FOUND"),
        ({"symbol": "\0"}, 404, "NOT_FOUND"),
        ({"symbol": ""}, 400, "BAD_USER_INPUT"),
        ({"resolution": "7x"}, 400, "BAD_USER_INPUT"),
        ({"resolution": ""}, 400, "BAD_USER_INPUT"),
        ({"countback": "-1"}, 400, "BAD_USER_INPUT"),
        ({"to": ""}, 400, "BAD_USER_INPUT"),
        ({"from": "", "countback": ""}, 400, "BAD_USER_INPUT"),
        ({"to": "now"}, 400, "BAD_USER_INPUT"),
    ],
)
async def test_errors_are_told_as_the_protocol_has_them(
    http: httpx.AsyncClient, arguments: dict[str, str], status: int, code: str
) -> None:
    """With the code that everything else of ours has."""
    usual = {"symbol": "binance:BTC/USDT", "resolution": "1", "from": "0", "to": "1", "countback": "5"}

    found = await http.get(f"{PATH}/history", params={**usual, **arguments})

    assert found.status_code == status
    assert (found.json()["s"], found.json()["code"]) == ("error", code)
    assert found.json()["errmsg"]


async def test_an_unknown_symbol_is_an_error(http: httpx.AsyncClient) -> None:
    """In the word that the library shows."""
    found = await http.get(f"{PATH}/symbols", params={"symbol": "binance:DOGE/USDT"})
    assert found.json() == {"s": "error", "errmsg": "unknown_symbol", "code": "NOT_FOUND"}


async def test_a_chart_that_asks_again_costs_postgres_nothing(http: httpx.AsyncClient, statements: list[str]) -> None:
    """Bars are remembered as the pages of queries are."""
    await history(http, to=10, countback=5)
    statements.clear()

    await history(http, to=10, countback=5)

    assert [said for said in statements if "FROM candles" in said] == []


def test_every_interval_has_a_resolution() -> None:
    """And is found again by it."""
    for step in STANDARD_INTERVALS:
        assert interval_of(resolution(step) or "") == step


@pytest.mark.parametrize("text", ["", "0", "1S", "1H", "-5", "D1", "٣"])
def test_what_is_no_resolution_is_refused(text: str) -> None:
    """Seconds are not kept."""
    with pytest.raises(BadInputError):
        interval_of(text)
