"""What a dry run foretells is what then happens."""

from datetime import datetime, timedelta

import pytest

from domain import collection, preview
from domain.clock import instant
from domain.collection import NewPairs
from domain.interval import interval
from domain.models import SyncJob, SyncKind, SyncStatus
from domain.storage import listings
from domain.storage.jobs import JobRequest
from domain.storage.listings import Listing
from domain.sync import SyncRequest
from domain.timerange import TimeRange
from tests import factories
from tests.workers.conftest import Collector

MINUTE = interval("1m")


def asked_for_candles(collector: Collector) -> int:
    """How often the exchange was."""
    return sum(seen.path.endswith("klines") for seen in collector.loopback.requests)


def slots(*ranges: TimeRange) -> int:
    return sum(MINUTE.slots_between(part.start, part.end) for part in ranges)


@pytest.mark.parametrize(
    ("kind", "window", "is_forced"),
    [
        (SyncKind.FORWARD, None, False),
        (SyncKind.INITIAL, None, False),
        (SyncKind.INITIAL, (50, None), False),
        (SyncKind.BACKWARD, None, False),
        (SyncKind.REPAIR, None, False),
        (SyncKind.RANGE, (100, 1_500), False),
        (SyncKind.RANGE, (100, 1_500), True),
    ],
)
async def test_a_job_takes_what_its_dry_run_said(
    collector: Collector, kind: SyncKind, window: tuple[int, int | None] | None, is_forced: bool
) -> None:
    """Slots and requests, with holes in what is covered; of the exchange, too, which counts what it is asked."""
    await collector.worker.exchanges.tell_rates()
    pair = await collector.add("binance")
    first = instant(collector.market.held("BTC/USDT", "1m")[0][0])
    for start, end in ((200, 300), (310, 900), (1_250, 1_300)):
        await collector.run(pair, JobRequest(SyncKind.RANGE, *times(first, start, end)))
    await factories.cover(pair, *await collector.covered(pair), listed_at=first)
    before, asked_before = await collector.covered(pair), asked_for_candles(collector)

    request = SyncRequest(pair.id, kind, *times(first, *(window or (None, None))), is_forced=is_forced)
    _, _, foreseen = await preview.of_sync(request, collector.market.clock)
    job = await collector.run(pair, JobRequest(kind, request.start, request.end, is_forced=is_forced))

    assert job.status is SyncStatus.SUCCEEDED
    assert foreseen.is_upper_bound is False
    assert foreseen.requests == job.pages_fetched == asked_for_candles(collector) - asked_before
    asks_again = is_forced or kind is SyncKind.FORWARD
    covered = slots(*await collector.covered(pair)) - slots(*before)
    assert foreseen.slots == (slots(planned(job)) if asks_again else covered)


def times(first: datetime, *places: int | None) -> tuple[datetime | None, datetime | None]:
    """Instants so many minutes after the first one."""
    start, end = (None if place is None else first + timedelta(minutes=place) for place in places)
    return start, end


def planned(job: SyncJob) -> TimeRange:
    assert job.range_from
    assert job.range_to
    return TimeRange(job.range_from, job.range_to)


async def test_pairs_that_are_added_take_what_their_dry_run_said(collector: Collector) -> None:
    """All of them together, those that a pattern stands for."""
    await collector.worker.exchanges.tell_rates()
    exchange = await factories.exchange()
    listed = [Listing("BTC/USDT", "BTC", "USDT", True), Listing("BTC/USD", "BTC", "USD", True)]
    await listings.replace(exchange.id, listed, ["1m"], collector.market.now())
    start = instant(collector.market.held("BTC/USDT", "1m")[0][0])
    wanted = NewPairs("binance", ["BTC/*"], [MINUTE], sync=True, start=start)

    foreseen = await preview.of_pairs(wanted, collector.market.clock)
    pairs, jobs = await collection.add_pairs(wanted, collector.worker.queue, collector.market.clock)
    ended = [await collector.finish(job.id) for job in jobs]

    assert foreseen.symbols == [pair.symbol for pair in pairs]
    assert foreseen.count == len(ended) == 2
    assert foreseen.estimate.requests == sum(job.pages_fetched for job in ended) == asked_for_candles(collector)
    assert foreseen.estimate.slots == slots(*map(planned, ended)) == sum(job.candles_written for job in ended)
