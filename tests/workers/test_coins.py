"""Coins get names, ranks and images from CoinGecko, or from a hand, and never lose them to a bad answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from domain.catalog import COINS, refresh_coins
from domain.models import CatalogLoad, Coin, CoinGeckoCoin
from domain.settings import Settings
from domain.storage import coins
from tests.exchange import faults
from tests.exchange.coingecko import COINGECKO, StandInCoinGecko, coin
from tests.workers.conftest import Collector
from workers.coingecko import open_coingecko
from workers.jobs.loading import load
from workers.jobs.loading import refresh_coins as refresh_coins_daily

BITCOIN = coin("btc", "Bitcoin", 1)
ETHER = coin("eth", "Ethereum", 2)

Serve = Callable[..., StandInCoinGecko]


@pytest.fixture
def serve(collector: Collector) -> Serve:
    """CoinGecko from now on."""

    def mount(*listed: dict[str, Any], page_coins: int | None = None) -> StandInCoinGecko:
        served = StandInCoinGecko(*listed, page_coins=page_coins)
        collector.loopback.mount(COINGECKO, served, collector.market)
        return served

    return mount


async def take(collector: Collector) -> CatalogLoad:
    """The load after a worker has taken it once."""
    await load({"worker": collector.worker, "job_id": "load"}, COINS)
    return await CatalogLoad.get(subject=COINS)


async def refresh(collector: Collector) -> CatalogLoad:
    """The load after somebody has asked for it and a worker has taken it once."""
    await refresh_coins(collector.worker.queue, collector.worker.clock)
    return await take(collector)


async def names() -> dict[str, str]:
    return {coin.symbol: coin.name for coin in await Coin.all()}


async def test_coins_get_their_names_ranks_and_images(collector: Collector, serve: Serve) -> None:
    """Whatever the case of the symbol; what CoinGecko does not list keeps its symbol."""
    serve(BITCOIN, ETHER)
    await collector.add("binance")
    await collector.add("binance", "NOPE/USDT")
    done = await refresh(collector)

    assert (done.is_open, done.loaded_at) == (False, collector.market.now())
    assert await names() == {"BTC": "Bitcoin", "NOPE": "NOPE"}
    bitcoin = await Coin.get(symbol="BTC")
    assert (bitcoin.coingecko_id, bitcoin.market_cap_rank, bitcoin.image_url) == ("bitcoin", 1, BITCOIN["image"])


async def test_a_coin_that_comes_later_is_named_at_once(collector: Collector, serve: Serve) -> None:
    """From the list that was loaded before; CoinGecko is not asked again."""
    served = serve(BITCOIN)
    await refresh(collector)
    asked = len(served.headers)
    await collector.add("binance")

    assert await names() == {"BTC": "Bitcoin"}
    assert len(served.headers) == asked


async def test_without_coingecko_a_coin_is_called_by_its_symbol(collector: Collector) -> None:
    """It exists as soon as a pair needs it."""
    await collector.add("binance")

    assert await names() == {"BTC": "BTC"}


async def test_of_coins_that_share_a_symbol_the_best_rank_is_meant(collector: Collector, serve: Serve) -> None:
    """Wherever in the list it stands; one without a rank comes last."""
    serve(coin("btc", "Bitcoin Copy"), coin("btc", "Baby Bitcoin", 900), BITCOIN, coin("BTC", "Another", 77))
    await collector.add("binance")
    await refresh(collector)

    assert await names() == {"BTC": "Bitcoin"}


async def test_a_name_set_by_hand_stays(collector: Collector, serve: Serve) -> None:
    """Whoever's hand, before a load or after; rank and image go on being CoinGecko's."""
    serve(BITCOIN, ETHER)
    await collector.add("binance")
    await collector.add("binance", "ETH/BTC")
    await Coin.filter(symbol="BTC").update(name="Digital gold")
    await refresh(collector)
    await coins.set_name("ETH", "World computer")
    serve(coin("btc", "Bitcoin Core", 2), coin("eth", "Ether", 1))
    await refresh(collector)

    assert await names() == {"BTC": "Digital gold", "ETH": "World computer"}
    assert (await Coin.get(symbol="ETH")).market_cap_rank == 1
    assert (await coins.set_name("ETH", None)).name == "Ether"


async def test_coingeckos_own_change_of_a_name_is_followed(collector: Collector, serve: Serve) -> None:
    """Nobody's hand was in it."""
    serve(coin("matic", "Matic Network", 20))
    await collector.add("binance", "MATIC/USDT")
    await refresh(collector)
    serve(coin("matic", "Polygon", 19, id="matic-network"))
    await refresh(collector)

    assert await names() == {"MATIC": "Polygon"}


async def test_pages_come_a_few_a_minute_to_the_end(collector: Collector, serve: Serve) -> None:
    """A worker that is killed in between loses none of them; the end is a page of nothing new."""
    served = serve(*(coin(f"c{place}", f"Coin {place}", place + 1) for place in range(13)), page_coins=2)
    first = await refresh(collector)
    too_early = await take(collector)
    collector.advance(timedelta(minutes=1))
    done = await take(collector)

    assert (first.is_open, first.page, too_early.page) == (True, 6, 6)
    assert (done.is_open, len(served.headers)) == (False, 8)
    assert await CoinGeckoCoin.all().count() == 13


async def test_what_is_listed_no_more_is_forgotten_but_its_coin_keeps_its_name(
    collector: Collector, serve: Serve
) -> None:
    """A list that lacks a few is believed."""
    serve(BITCOIN, ETHER)
    await collector.add("binance", "ETH/BTC")
    await refresh(collector)
    serve(BITCOIN)
    await refresh(collector)

    assert [listed.name for listed in await CoinGeckoCoin.all()] == ["Bitcoin"]
    assert await names() == {"ETH": "Ethereum"}


@pytest.mark.parametrize(
    "fault",
    [
        faults.html(),
        faults.html(503),
        faults.json("[]"),
        faults.json("{}"),
        faults.json("null"),
        faults.json('[{"id": "x"}, 7, null]'),
        faults.json('[{"id": "bitcoin", "symbol": "btc", "name": "Bit'),
        faults.truncated,
        faults.reset,
        faults.hang(2),
        faults.reply(200, b"[" + b" " * (9 << 20) + b"]"),
        faults.reply(200, b"\xff\xfe"),
    ],
)
async def test_a_bad_answer_changes_nothing_and_is_asked_for_again(
    collector: Collector, serve: Serve, fault: faults.Fault
) -> None:
    """Pages for people, nothing, half of it, silence, too much: what was known stays, and the next answer counts."""
    serve(BITCOIN, ETHER, coin("ada", "Cardano", 9))
    await collector.add("binance")
    await refresh(collector)
    serve(coin("btc", "Bitcoin Core", 1), ETHER, coin("ada", "Cardano", 9))
    planned = collector.loopback.faults.add(COINGECKO, fault)
    stumbled = await refresh(collector)

    assert planned.injected == 1
    assert (stumbled.is_open, stumbled.failures_in_row) == (True, 1)
    assert await names() == {"BTC": "Bitcoin"}
    collector.advance(timedelta(minutes=2))
    assert (await take(collector)).is_open is False
    assert await names() == {"BTC": "Bitcoin Core"}


async def test_rows_that_cannot_be_used_are_left_out(collector: Collector, serve: Serve) -> None:
    """The others count; what is no address of the web is no image."""
    serve(
        coin("btc", "Bitcoin", 1, image="javascript:alert(1)"),
        coin("eth", "x" * 101, 2),
        coin("ada", "Car\0dano", 3),
        coin("", "Nothing", 4),
        coin("sol", "Solana", -1),
        coin("xrp", "XRP", None, image=None, market_cap=None),
    )
    await refresh(collector)

    assert await CoinGeckoCoin.all().order_by("name").values_list("name", "image_url") == [
        ("Bitcoin", None),
        ("XRP", None),
    ]


async def test_the_end_of_a_list_that_comes_too_early_is_not_believed(collector: Collector, serve: Serve) -> None:
    """An outage page in the middle would make most coins unknown."""
    serve(*(coin(f"c{place}", f"Coin {place}", place + 1) for place in range(6)), page_coins=2)
    await refresh(collector)
    collector.loopback.faults.add("&page=2", faults.json("[]"))
    stumbled = await refresh(collector)

    assert (stumbled.is_open, stumbled.page) == (True, 2)
    assert await CoinGeckoCoin.all().count() == 6


async def test_coingecko_is_left_alone_for_as_long_as_it_asks(collector: Collector, serve: Serve) -> None:
    """A refusal is no failure, however often it comes."""
    body = '{"status":{"error_code":429,"error_message":"You\'ve exceeded the Rate Limit."}}'
    served = serve(BITCOIN)
    collector.loopback.faults.add(COINGECKO, faults.json(body, 429, {"Retry-After": "90"}))
    put_off = await refresh(collector)
    collector.advance(timedelta(seconds=89))
    await take(collector)

    assert (put_off.failures_in_row, len(served.headers)) == (0, 0)
    collector.advance(timedelta(seconds=1))
    assert (await take(collector)).is_open is False


async def test_a_key_that_is_refused_ends_the_load(
    collector: Collector, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what to look at, and does not tell the key."""
    serve(BITCOIN)
    collector.loopback.faults.add(COINGECKO, faults.json('{"status":{"error_code":10002}}', 401))
    given_up = await refresh(collector)

    assert (given_up.is_open, given_up.loaded_at) == (False, None)
    assert "COINGECKO_API_KEY" in caplog.text


async def test_a_load_that_keeps_failing_is_given_up_until_it_is_asked_for_again(
    collector: Collector, serve: Serve
) -> None:
    """The next day, or by somebody."""
    serve(BITCOIN)
    collector.loopback.faults.add(COINGECKO, faults.html(500), times=20)
    given_up = await refresh(collector)
    for _ in range(19):
        collector.advance(timedelta(minutes=2))
        given_up = await take(collector)

    assert given_up.is_open is False
    assert (await refresh(collector)).loaded_at


@pytest.mark.parametrize(("key", "header"), [("secret", "x-cg-demo-api-key"), ("", None)])
async def test_the_key_is_sent_as_coingecko_wants_it(
    collector: Collector, serve: Serve, settings: Settings, key: str, header: str | None
) -> None:
    """In a header, where there is one."""
    served = serve(BITCOIN)
    url = collector.loopback.url(COINGECKO)
    own = settings.model_validate({**settings.model_dump(), "coingecko_url": url, "coingecko_api_key": key})
    async with open_coingecko(own) as coingecko:
        await coingecko.page(1)

    [sent] = served.headers
    assert {name: text for name, text in sent.items() if name.startswith("x-cg")} == ({header: key} if header else {})


async def test_a_key_that_was_paid_for_has_another_header(settings: Settings) -> None:
    """As it has another address."""
    changes = {"coingecko_url": "https://pro-api.coingecko.com/api/v3", "coingecko_api_key": "secret"}
    async with open_coingecko(settings.model_validate({**settings.model_dump(), **changes})) as coingecko:
        assert coingecko.client.headers["x-cg-pro-api-key"] == "secret"
        assert "x-cg-demo-api-key" not in coingecko.client.headers


async def test_coins_are_loaded_once_a_day_and_not_because_of_a_restart(collector: Collector, serve: Serve) -> None:
    """However often the schedule looks, and whenever somebody asked."""
    serve(BITCOIN)
    for _ in range(3):
        await refresh_coins_daily(collector.tick("refresh_coins"))
    asked = await CatalogLoad.get(subject=COINS)
    await take(collector)
    await refresh_coins_daily(collector.tick("refresh_coins"))

    assert (asked.edition, (await CatalogLoad.get(subject=COINS)).is_open) == (1, False)
    collector.advance(timedelta(days=1))
    await refresh_coins_daily(collector.tick("refresh_coins"))
    assert (await CatalogLoad.get(subject=COINS)).is_open


async def test_the_rows_are_those_that_coingecko_sends(collector: Collector, serve: Serve) -> None:
    """250 of them a page, the largest first."""
    serve(*(coin(f"c{place}", f"Coin {place}", place + 1) for place in range(251)))
    await refresh(collector)
    [first, second, third] = [seen for seen in collector.loopback.requests if seen.exchange == COINGECKO]

    assert first.path == "/coins/markets"
    assert first.query == {"vs_currency": "usd", "order": "market_cap_desc", "per_page": "250", "page": "1"}
    assert (second.query["page"], third.query["page"]) == ("2", "3")
    assert await CoinGeckoCoin.all().count() == 251
    assert orjson.dumps(BITCOIN).startswith(b'{"id":"bitcoin","symbol":"btc"')
