"""What is followed over WebSocket: all of it, once, in order, however it comes to be known."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from domain.database import connection
from domain.live.channels import pair_channel
from domain.models import SyncJob, SyncKind, SyncStatus
from domain.queue import Queue, redis
from domain.records import Pair
from domain.settings import Settings
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
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


async def end(job: SyncJob, queue: Queue | None = None) -> None:
    await move(job, queue, status=SyncStatus.SUCCEEDED, finished_at=NOW)


async def test_a_job_is_told_as_it_is_and_at_each_change_until_it_has_ended(wire: Socket, queue: Queue) -> None:
    """Progress, then the end with its instant and 100 percent, and then nothing more."""
    job = await factories.job(await factories.pair(), SyncKind.INITIAL)
    name = await wire.subscribe(JOB, id=str(job.id))

    assert (await wire.next())["syncJob"]["status"] == "QUEUED"
    for page in (1, 2, 3):
        done = {"seconds_planned": 4, "seconds_done": page, "pages_fetched": page}
        await move(job, queue, status=SyncStatus.RUNNING, **done)
        assert (await wire.next())["syncJob"]["progress"]["percent"] == 25 * page
    await end(job, queue)
    last = (await wire.next())["syncJob"]

    assert (last["status"], last["finishedAt"]) == ("SUCCEEDED", "2024-03-01T12:00:30Z")
    assert last["progress"]["percent"] == 100
    assert await wire.receive() == {"type": "complete", "id": name}


async def test_a_job_that_has_ended_is_told_once(wire: Socket) -> None:
    """Its state, and that there will be no more."""
    job = await factories.job(await factories.pair(), status=SyncStatus.FAILED, finished_at=NOW)
    name = await wire.subscribe(JOB, id=str(job.id))

    assert (await wire.next())["syncJob"]["status"] == "FAILED"
    assert await wire.receive() == {"type": "complete", "id": name}


async def test_a_job_that_ends_while_it_is_being_subscribed_to_ends_once(wire: Socket, queue: Queue) -> None:
    """Whichever comes first; the last event is the end, and there is one of it."""
    pair = await factories.pair()
    for _ in range(20):
        job = await factories.job(pair)
        await asyncio.gather(wire.subscribe(JOB, str(job.id), id=str(job.id)), end(job, queue))
        states = []
        while (message := await wire.receive())["type"] == "next":
            states.append(message["payload"]["data"]["syncJob"]["status"])
        assert message == {"type": "complete", "id": str(job.id)}
        assert states in (["SUCCEEDED"], ["QUEUED", "SUCCEEDED"])


async def test_what_a_hint_did_not_tell_is_found_by_looking(wire: Socket) -> None:
    """PostgreSQL is the truth: a job and candles that no process has announced are told, soon."""
    pair = await factories.pair()
    job = await factories.job(pair)
    await wire.subscribe(JOB, id=str(job.id))
    await wire.next()
    await wire.subscribe(CANDLES, since=START.isoformat())
    assert told(await wire.next()) == ("HISTORY", [])
    await end(job)
    assert (await wire.next())["syncJob"]["status"] == "SUCCEEDED"
    await wire.receive()
    await store(pair, 0, 2)

    assert told(await wire.next()) == ("CLOSED", [0, 1])


async def test_a_cancelled_job_ends(wire: Socket, api: Client) -> None:
    """At once, by the mutation."""
    job = await factories.job(await factories.pair())
    await wire.subscribe(JOB, id=str(job.id))
    await wire.next()
    await api.data("mutation($id: ID!) { cancelSyncJob(input: {id: $id}) { job { status } } }", id=str(job.id))

    assert (await wire.next())["syncJob"]["status"] == "CANCELLED"


@pytest.mark.parametrize("name", [factories.NO_ID, "nonsense", "\ud800"])
async def test_a_job_that_is_not_there_cannot_be_followed(wire: Socket, name: str) -> None:
    """NOT_FOUND, at the field."""
    await wire.subscribe(JOB, id=name)
    error = await wire.error()

    assert (error["code"], error["path"]) == ("NOT_FOUND", ["syncJob"])


async def test_a_job_that_made_way_for_another_is_told_to_be_gone(wire: Socket, queue: Queue) -> None:
    """Its row is deleted; who follows it is not left waiting."""
    job = await factories.job(await factories.pair())
    await wire.subscribe(JOB, id=str(job.id))
    await wire.next()
    await job.delete()
    queue.announce(job.id)

    assert (await wire.error())["code"] == "NOT_FOUND"


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


async def test_without_since_only_what_is_new_is_told(wire: Socket, queue: Queue) -> None:
    """No history, and none that a backfill brings; but whatever is revised."""
    pair = await factories.pair()
    await store(pair, 10, 5)
    await wire.subscribe(CANDLES)
    await is_followed(wire, pair, queue)
    await store(pair, 0, 5, queue)
    await revise(pair, 11, "9", queue)
    await store(pair, 15, 1, queue)
    events = []
    while ("CLOSED", [15]) not in events:
        events.append(told(await wire.next()))

    assert [event for event in events if event != ("REVISED", [14])] == [("REVISED", [11]), ("CLOSED", [15])]


async def is_followed(wire: Socket, pair: Pair, queue: Queue) -> None:
    """Revises the pair's candle of minute 14 until somebody is told."""
    for close in range(3, 100):
        await revise(pair, 14, str(close), queue)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await wire.wire.recv()
                return


async def test_a_candle_of_a_slot_that_was_taken_to_be_empty_is_told(wire: Socket, queue: Queue) -> None:
    """Exchanges bring some late."""
    pair = await factories.pair()
    await store(pair, 0, 2)
    async with connection() as db:
        await cover(db, pair, TimeRange(START, START + minutes(4)))
    await wire.subscribe(CANDLES, since=START.isoformat())
    assert told(await wire.next()) == ("HISTORY", [0, 1])
    await factories.candles(pair, [START + minutes(3)])
    queue.announce(uuid4(), pair.id)

    assert told(await wire.next()) == ("REVISED", [3])


async def test_a_resampled_candle_closes_with_the_last_of_its_slots(wire: Socket, queue: Queue) -> None:
    """Not before, also when no trade is in that slot; and it is revised with any of them."""
    pair = await factories.pair()
    await store(pair, 0, 8)
    await wire.subscribe(CANDLES, interval="5m", since=START.isoformat())

    assert told(await wire.next()) == ("HISTORY", [0])
    await store(pair, 8, 1, queue)
    async with connection() as db:
        await cover(db, pair, TimeRange(START + minutes(9), START + minutes(10)))
    queue.announce(uuid4(), pair.id)
    event = (await wire.next())["candles"]
    assert (event["kind"], [minute_of(candle["timestamp"]) for candle in event["candles"]]) == ("CLOSED", [5])
    assert event["candles"][0] == {**event["candles"][0], "volume": "26", "isComplete": True}
    await revise(pair, 2, "9", queue)
    assert told(await wire.next()) == ("REVISED", [0])
    await store(pair, 10, 12, queue)
    assert told(await wire.next()) == ("CLOSED", [10, 15])


async def test_a_gap_that_is_repaired_closes_its_resampled_candle(wire: Socket, queue: Queue) -> None:
    """History had it as it was: not complete."""
    pair = await factories.pair()
    await store(pair, 0, 3)
    await store(pair, 4, 7)
    await wire.subscribe(CANDLES, interval="5m", since=START.isoformat())
    first = (await wire.next())["candles"]["candles"]
    assert [(minute_of(candle["timestamp"]), candle["isComplete"]) for candle in first] == [(0, False), (5, True)]
    await store(pair, 3, 1, queue)

    assert told(await wire.next()) == ("CLOSED", [0])


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('exchange: "nowhere", symbol: "BTC/USDT", interval: "1m"', "NOT_FOUND"),
        ('exchange: "binance", symbol: "BTC/USDT", interval: "7s"', "BAD_USER_INPUT"),
    ],
)
async def test_what_is_not_kept_cannot_be_followed(wire: Socket, field: str, code: str) -> None:
    """As in the query."""
    await factories.pair()
    await wire.subscribe(f"subscription {{ candles({field}) {{ kind }} }}")

    assert (await wire.error())["code"] == code


async def test_a_pair_that_is_deleted_ends_its_stream(wire: Socket, queue: Queue) -> None:
    """There will be no more of its candles."""
    pair = await factories.pair()
    name = await wire.subscribe(CANDLES, since=START.isoformat())
    await wire.next()
    async with connection() as db:
        await db.execute("DELETE FROM coin_exchanges WHERE id = $1", pair.id)
    queue.announce(uuid4(), pair.id)

    assert await wire.receive() == {"type": "complete", "id": name}


async def test_many_followers_are_one(address: str, settings: Settings, queue: Queue, statements: list[str]) -> None:
    """200 clients share one subscription at Redis, and each event is read and worked out once."""
    pair = await factories.pair()
    await store(pair, 0, 1)
    query = CANDLES.replace("kind", "kind __typename")
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(socket(address)) for _ in range(200)]
        for wire in wires:
            await wire.subscribe(query, since=(START + minutes(1)).isoformat())
            assert told(await wire.next()) == ("HISTORY", [])
        client: Redis = queue.redis
        [(_, subscriptions)] = await client.pubsub_numsub(pair_channel(pair.id))
        statements.clear()
        await store(pair, 1, 1, queue)
        for wire in wires:
            assert told(await wire.next()) == ("CLOSED", [1])

    assert subscriptions == 1
    assert len([said for said in statements if said.lstrip().startswith("SELECT")]) <= 10


async def test_what_many_ask_about_an_event_is_worked_out_once(
    address: str, settings: Settings, queue: Queue, statements: list[str]
) -> None:
    """Also what has to be looked up for it, such as the pair of a job."""
    job = await factories.job(await factories.pair())
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(socket(address)) for _ in range(50)]
        for wire in wires:
            await wire.subscribe(JOB, id=str(job.id))
            await wire.next()
        statements.clear()
        await end(job, queue)
        ends = [(await wire.next())["syncJob"] for wire in wires]

    assert ends == [{**ends[0], "status": "SUCCEEDED", "pair": {"symbol": "BTC/USDT"}}] * 50
    assert 0 < len([said for said in statements if said.lstrip().startswith("SELECT")]) <= 6


@pytest.mark.parametrize("step", ["1m", "5m"])
async def test_nothing_is_lost_or_doubled_whatever_happens_meanwhile(
    address: str, settings: Settings, queue: Queue, step: str
) -> None:
    """Clients that come at any time, some with a long history to read, while candles close and are revised."""
    lot = random.Random(step)
    pair = await factories.pair()
    await store(pair, 0, 2_500)
    writing = asyncio.create_task(write(pair, queue, lot))
    readers = [asyncio.create_task(read(address, step, lot.uniform(0, 1.0))) for _ in range(8)]
    truth = await writing
    for reader in readers:
        assert {at: close for at, close in (await reader).items() if at in truth} == truth


async def write(pair: Pair, queue: Queue, lot: random.Random) -> dict[int, str]:
    """Closes and revises, announced or not; what some candles are in the end, which includes the last complete one."""
    truth: dict[int, str] = {}
    for place in range(60):
        await store(pair, 2_500 + 5 * place, 5, queue if lot.random() < 0.7 else None)
        at = 5 * lot.randrange(500) + 4
        close = str(lot.randrange(10, 1_000))
        await revise(pair, at, close, queue if lot.random() < 0.7 else None)
        truth[at] = close
        await asyncio.sleep(lot.uniform(0, 0.04))
    await store(pair, 2_800, 5, queue)
    return {**truth, 2_804: "2"}


async def read(address: str, step: str, pause: float) -> dict[int, str]:
    """What the client knows in the end, by the last minute of a candle; each is new to it once."""
    await asyncio.sleep(pause)
    length = int(step[:-1])
    known: dict[int, str] = {}
    async with socket(address) as wire:
        await wire.subscribe(CANDLES, interval=step, since=START.isoformat())
        while 2_804 not in known or len(known) < 2_805 // length:
            event = (await wire.next())["candles"]
            for candle in event["candles"]:
                at = minute_of(candle["timestamp"]) + length - 1
                assert (event["kind"] == "REVISED") == (at in known), (event["kind"], at)
                known[at] = candle["close"]
    return known
