"""Market lists: what comes and goes on an exchange is remembered, and asking for a list is never lost."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.catalog import markets_of, refresh_markets
from domain.database import connection
from domain.models import CatalogLoad, Exchange, Market, SyncKind, SyncStatus
from domain.storage import exchanges, listings
from domain.storage.jobs import JobRequest
from domain.storage.listings import Listing
from tests.exchange import faults
from tests.factories import START, minutes
from tests.workers.conftest import Collector
from workers.jobs import schedule
from workers.jobs.loading import load, refresh_all_markets
from workers.main import arq_worker

BITCOIN = Listing("BTC/USDT", "BTC", "USDT", is_active=True)
MATIC = Listing("MATIC/USDT", "MATIC", "USDT", is_active=True)
POLYGON = Listing("POL/USDT", "POL", "USDT", is_active=True)


async def ask(collector: Collector, exchange: str = "binance") -> CatalogLoad:
    await refresh_markets([exchange], collector.worker.queue, collector.worker.clock)
    return await CatalogLoad.get(subject=markets_of(exchange))


async def take(collector: Collector, exchange: str = "binance") -> CatalogLoad:
    """The load after a worker has taken it once."""
    await load({"worker": collector.worker, "job_id": "load"}, markets_of(exchange))
    return await CatalogLoad.get(subject=markets_of(exchange))


async def work(collector: Collector) -> None:
    """What is in the queue now, by a real arq worker."""
    worker = arq_worker(collector.worker, collector.worker.queue.redis, burst=True)
    worker.cron_jobs = []
    await worker.async_run()


async def dates(exchange: str = "binance") -> dict[str, tuple[bool, datetime | None, datetime | None]]:
    rows = await Market.filter(exchange__name=exchange)
    return {row.symbol: (row.is_active, row.listed_at, row.delisted_at) for row in rows}


async def test_a_list_that_is_asked_for_is_loaded(collector: Collector) -> None:
    """By whichever worker takes it."""
    await ask(collector)
    await work(collector)

    assert (await Exchange.get(name="binance")).markets_refreshed_at == collector.market.now()
    assert (await CatalogLoad.get(subject=markets_of("binance"))).is_open is False


async def test_asking_survives_an_emptied_queue(collector: Collector) -> None:
    """The sweep finds what was asked for, once it has waited long enough for its push."""
    await ask(collector)
    await collector.worker.queue.redis.flushall()
    collector.advance(timedelta(seconds=21))
    await schedule.sweep(collector.tick("sweep"))
    await work(collector)

    assert (await Exchange.get(name="binance")).markets_refreshed_at


async def test_a_load_whose_worker_was_killed_is_taken_by_another(collector: Collector) -> None:
    """When its time has run out, and not before."""
    asked = await ask(collector)
    async with connection() as db:
        until = collector.market.now() + timedelta(minutes=1)
        await db.execute("UPDATE catalog_loads SET leased_until = $1 WHERE id = $2", until, asked.id)

    assert (await take(collector)).is_open
    collector.advance(timedelta(minutes=1))
    assert (await take(collector)).is_open is False


async def test_an_exchange_that_is_away_is_asked_again(collector: Collector) -> None:
    """After a pause."""
    collector.loopback.faults.add("exchangeInfo", faults.html(502))
    await ask(collector)
    stumbled = await take(collector)
    collector.advance(timedelta(minutes=1))

    assert (stumbled.is_open, stumbled.failures_in_row) == (True, 1)
    assert (await take(collector)).is_open is False


async def test_every_exchange_that_is_on_and_configured_has_its_list_loaded_daily(collector: Collector) -> None:
    """Once, however many workers the schedule runs in."""
    await Exchange.exclude(name__in=["binance", "kraken", "okx"]).delete()
    await Exchange.filter(name="kraken").update(is_active=False)
    await Exchange.filter(name="okx").update(is_configured=False)
    context = collector.tick("refresh_all_markets")
    for _ in range(2):
        await refresh_all_markets(context)

    assert await CatalogLoad.all().values_list("subject", "edition") == [("markets:binance", 1)]


async def test_when_symbols_came_and_went_is_kept(collector: Collector) -> None:
    """What the first list has was there before; the exchange knows better than we."""
    exchange = await Exchange.get(name="binance")
    born = START - timedelta(days=900)
    told = Listing("ETH/USDT", "ETH", "USDT", is_active=True, listed_at=born)
    await listings.replace(exchange.id, [BITCOIN, MATIC, told], ["1m"], START)
    await listings.replace(exchange.id, [BITCOIN, POLYGON, told], ["1m"], START + minutes(1))
    await listings.replace(exchange.id, [BITCOIN, POLYGON, told], ["1m"], START + minutes(2))

    assert await dates() == {
        "BTC/USDT": (True, None, None),
        "ETH/USDT": (True, born, None),
        "MATIC/USDT": (False, None, START + minutes(1)),
        "POL/USDT": (True, START + minutes(1), None),
    }


async def test_a_symbol_that_comes_back_is_no_longer_delisted(collector: Collector) -> None:
    """It is the same market as before; a halt is over as well."""
    exchange = await Exchange.get(name="binance")
    halted = Listing("MATIC/USDT", "MATIC", "USDT", is_active=False)
    await listings.replace(exchange.id, [BITCOIN, MATIC], ["1m"], START)
    await listings.replace(exchange.id, [BITCOIN, halted], ["1m"], START + minutes(1))
    gone = await dates()
    await listings.replace(exchange.id, [BITCOIN, replace(halted, base="POL")], ["1m"], START + minutes(2))
    still_gone = await dates()
    await listings.replace(exchange.id, [BITCOIN, MATIC], ["1m"], START + minutes(3))

    assert gone["MATIC/USDT"] == still_gone["MATIC/USDT"] == (False, None, START + minutes(1))
    assert (await dates())["MATIC/USDT"] == (True, None, None)


async def test_a_list_without_spot_markets_is_a_list(collector: Collector) -> None:
    """Exchanges of futures alone have one."""
    exchange = await Exchange.get(name="binance")
    await listings.replace(exchange.id, [], ["1m"], START)

    assert await dates() == {}


async def test_a_delisted_symbol_keeps_its_candles(collector: Collector) -> None:
    """A renamed one as well: to the exchange the new name is another symbol."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    stored = await collector.stored(pair)
    exchange = await exchanges.get("binance")
    await listings.replace(exchange.id, [MATIC], ["1m"], collector.market.now())

    assert (await Market.get(symbol="BTC/USDT")).delisted_at == collector.market.now()
    assert await collector.stored(pair) == stored != []


async def test_what_a_page_costs_is_told_to_those_who_do_not_ask_exchanges(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dry runs count with it."""
    opened = collector.worker.exchanges
    client = opened.gateways["kraken"].wire.client
    monkeypatch.setattr(client, "request_milliseconds", 2)
    monkeypatch.setattr(client, "rateLimit", 999)  # as some classes of CCXT do in the midst of a list that fails
    monkeypatch.setattr(client, "page_milliseconds", None)
    monkeypatch.delitem(opened.page_costs, "kraken", raising=False)
    await opened.tell_rates()
    pair = await collector.add("kraken", "BTC/USD")
    job = await collector.run(pair, JobRequest(SyncKind.FORWARD))
    kraken, gate = await Exchange.get(name="kraken"), await Exchange.get(name="gate")

    assert job.status is SyncStatus.SUCCEEDED
    assert (kraken.page_limit, kraken.history_slots) == (720, 720)
    assert kraken.page_milliseconds == pytest.approx(2.4)
    assert (gate.page_limit, gate.history_slots, gate.page_milliseconds) == (1_000, 10_000, None)
