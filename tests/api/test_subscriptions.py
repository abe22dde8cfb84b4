"""What is followed over WebSocket: all of it, once, in order, however it comes to be known."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.database import connection
from domain.models import SyncJob, SyncKind, SyncStatus
from domain.queue import Queue, redis
from domain.records import Pair
from domain.settings import Settings
from domain.timerange import TimeRange
from tests import factories
from tests.api.conftest import NOW
from tests.api.socket_client import Socket, socket
from tests.factories import START, minutes

JOB = """subscription($id: ID!) { syncJob(id: $id) {
    status finishedAt progress { percent candlesWritten pagesFetched } pair { symbol }
} }"""
CANDLES = """subscription($interval: Interval! = "1m", $since: DateTime) {
    candles(exchange: "binance", symbol: "BTC/USDT", interval: $interval, since: $since) {
        kind candles { timestamp close volume isComplete }
    }
}"""


@pytest.fixture
async def wire(address: str, settings: Settings) -> AsyncIterator[Socket]:
    async with socket(address) as found:
        yield found


@pytest.fixture
async def queue(settings: Settings) -> AsyncIterator[Queue]:
    async with redis(settings.redis_url) as client:
        yield Queue(client, lambda: NOW)


async def move(job: SyncJob, queue: Queue | None = None, **values: Any) -> None:
    """Changes the job as a worker does; without a queue nobody is told."""
    await SyncJob.filter(id=job.id).update(**values)
    if queue:
        queue.announce(job.id, job.pair_id)


async def store(of: Pair, first: int, count: int, queue: Queue | None = None) -> None:
    """Candles of the minutes after START, and that they are known, as a page of a worker does."""
    start = START + minutes(first)
    async with connection() as db, db.transaction():
        rows = [(of.series, start + minutes(place), 1, 2, 1, 2, first + place) for place in range(count)]
        await db.copy_records_to_table("candles", records=rows)
        await cover(db, of, TimeRange(start, start + minutes(count)))
    if queue:
        queue.announce(uuid4(), of.id)


async def cover(db: Any, of: Pair, known: TimeRange) -> None:
    statement = "UPDATE coin_exchanges SET covered = covered + tstzmultirange(tstzrange($2, $3)) WHERE id = $1"
    await db.execute(statement, of.id, known.start, known.end)


async def revise(of: Pair, at: int, close: str, queue: Queue | None = None) -> None:
    async with connection() as db:
        statement = "UPDATE candles SET close = $3, high = $3 WHERE series = $1 AND timestamp = $2"
        await db.execute(statement, of.series, START + minutes(at), int(close))
    if queue:
        queue.announce(uuid4(), of.id)


def told(data: dict[str, Any]) -> tuple[str, list[int]]:
    """The kind of an event, and the minutes after START at which its candles open."""
    event = data["candles"]
    opened = [candle["timestamp"] for candle in event["candles"]]
    return event["kind"], [minute_of(at) for at in opened]


def minute_of(text: str) -> int:
    return (datetime.fromisoformat(text) - START) // timedelta(minutes=1)


async def test_a_job_is_told_as_it_is_and_at_each_change_until_it_has_ended(wire: Socket, queue: Queue) -> None:
    """Progress, then the end with its instant and 100 percent, and then nothing more."""
    job = await factories.job(await factories.pair(), SyncKind.INITIAL)
    name = await wire.subscribe(JOB, id=str(job.id))

    assert (await wire.next())["syncJob"]["status"] == "QUEUED"
    for page in (1, 2, 3):
        done = {"seconds_planned": 4, "seconds_done": page, "pages_fetched": page}
        await move(job, queue, status=SyncStatus.RUNNING, **done)
        assert (await wire.next())["syncJob"]["progress"]["percent"] == 25 * page
    await move(job, queue, status=SyncStatus.SUCCEEDED, finished_at=NOW)
    last = (await wire.next())["syncJob"]

    assert (last["status"], last["finishedAt"], last["progress"]["percent"]) == (
        "SUCCEEDED",
        "2024-03-01T12:00:30Z",
        100,
    )
    assert await wire.receive() == {"type": "complete", "id": name}


async def test_candles_go_on_where_history_ends(wire: Socket, queue: Queue) -> None:
    """Since an instant, then as they close and are revised."""
    pair = await factories.pair()
    await store(pair, 0, 5)
    await wire.subscribe(CANDLES, since=(START + minutes(2)).isoformat())

    assert told(await wire.next()) == ("HISTORY", [2, 3, 4])
    await store(pair, 5, 2, queue)
    assert told(await wire.next()) == ("CLOSED", [5, 6])
    await revise(pair, 3, "9", queue)
    assert told(await wire.next()) == ("REVISED", [3])
