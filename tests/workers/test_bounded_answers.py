"""Exchanges that lead elsewhere, or send without end: refused, and little is kept of it."""

import gzip
from typing import Final

import pytest

from domain.models import SyncKind, SyncStatus
from domain.storage.jobs import JobRequest
from tests.exchange import faults
from tests.exchange.faults import Endless
from tests.workers.conftest import Collector
from workers.bounded_response import MAX_ANSWER_BYTES

FORWARD: Final = JobRequest(SyncKind.FORWARD)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(collector: Collector, status: int) -> None:
    """Neither on the exchange nor away from it: nobody else asks in our name, nor is asked by us."""
    pair = await collector.add("binance")
    elsewhere = faults.reply(status, headers={"Location": f"{collector.loopback.url('okx')}/elsewhere"})
    collector.loopback.faults.add("klines", elsewhere)

    job = await collector.slice(await collector.ask(pair, FORWARD))

    assert collector.loopback.faults.injected == 1
    assert (job.status, job.error_code) == (SyncStatus.RUNNING, "EXCHANGE_UNAVAILABLE")
    assert "redirects to another address" in (job.error_message or "")
    assert [seen for seen in collector.loopback.requests if seen.exchange == "okx"] == []
    assert (await collector.finish(job.id)).status is SyncStatus.SUCCEEDED


async def test_an_answer_without_end_is_broken_off(collector: Collector) -> None:
    """What was sent beyond the limit is what fits into sockets."""
    pair = await collector.add("binance")
    endless = Endless()
    collector.loopback.faults.add("klines", endless)

    job = await collector.slice(await collector.ask(pair, FORWARD))

    print(f"{endless.sent:,} bytes were sent; {MAX_ANSWER_BYTES:,} are allowed")  # noqa: T201
    assert MAX_ANSWER_BYTES < endless.sent < MAX_ANSWER_BYTES + (32 << 20)
    assert (job.status, job.error_code) == (SyncStatus.RUNNING, "EXCHANGE_UNAVAILABLE")
    assert "more than 33,554,432 bytes" in (job.error_message or "")
    assert (await collector.finish(job.id)).status is SyncStatus.SUCCEEDED


async def test_an_answer_is_measured_unpacked(collector: Collector) -> None:
    """A bomb of gzip is not inflated beyond the limit."""
    pair = await collector.add("binance")
    bomb = gzip.compress(b" " * (MAX_ANSWER_BYTES + 1))
    collector.loopback.faults.add("klines", faults.json(bomb, headers={"Content-Encoding": "gzip"}))

    job = await collector.slice(await collector.ask(pair, FORWARD))

    assert len(bomb) < 100_000
    assert "more than 33,554,432 bytes" in (job.error_message or "")
