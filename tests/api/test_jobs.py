"""Sync jobs as clients see them."""

from datetime import timedelta
from typing import Any

import pytest

from domain.models import SyncJob, SyncKind, SyncStatus
from tests import factories
from tests.api.client import Client
from tests.api.conftest import NOW
from tests.factories import START

JOB = """query($id: ID!) { syncJob(id: $id) {
    id kind status from to createdAt startedAt finishedAt pair { symbol }
    progress { percent candlesWritten pagesFetched retries waitedSeconds reachedAt etaSeconds }
    error { code message isTransient }
} }"""

LIST = """query($filter: SyncJobFilter, $first: Int, $after: String) {
    syncJobs(filter: $filter, first: $first, after: $after) {
        totalCount nodes { id kind pair { symbol } } pageInfo { hasNextPage endCursor }
    }
}"""


async def seen(api: Client, job: SyncJob) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(JOB, id=str(job.id)))["syncJob"]
    return found


async def test_a_queued_job_has_come_nowhere(api: Client) -> None:
    """No range, no start, no error, nothing done."""
    job = await factories.job(await factories.pair(), SyncKind.INITIAL)
    found = await seen(api, job)

    assert found.pop("createdAt").endswith("Z")
    assert found == {
        "id": str(job.id),
        "kind": "INITIAL",
        "status": "QUEUED",
        "from": None,
        "to": None,
        "startedAt": None,
        "finishedAt": None,
        "pair": {"symbol": "BTC/USDT"},
        "progress": {
            "percent": 0.0,
            "candlesWritten": 0,
            "pagesFetched": 0,
            "retries": 0,
            "waitedSeconds": 0.0,
            "reachedAt": None,
            "etaSeconds": None,
        },
        "error": None,
    }


async def test_a_running_job_tells_how_far_and_how_long(api: Client) -> None:
    """A quarter done in ten seconds leaves thirty."""
    job = await factories.job(
        await factories.pair(),
        SyncKind.RANGE,
        status=SyncStatus.RUNNING,
        range_from=START,
        range_to=START + timedelta(hours=4),
        seconds_planned=14_400,
        seconds_done=3_600,
        candles_written=5_000_000_000,
        waited_seconds=1.5,
        reached_at=START + timedelta(hours=1),
        started_at=NOW - timedelta(seconds=10),
        error_code="RATE_LIMITED",
        error_message="The exchange asked for a pause.",
        error_is_transient=True,
    )
    found = await seen(api, job)

    assert (found["from"], found["to"]) == ("2024-03-01T00:00:00Z", "2024-03-01T04:00:00Z")
    assert found["progress"] == {
        "percent": 25.0,
        "candlesWritten": 5_000_000_000,
        "pagesFetched": 0,
        "retries": 0,
        "waitedSeconds": 1.5,
        "reachedAt": "2024-03-01T01:00:00Z",
        "etaSeconds": 30.0,
    }
    assert found["error"] == {
        "code": "RATE_LIMITED",
        "message": "The exchange asked for a pause.",
        "isTransient": True,
    }


async def test_a_job_that_succeeded_is_a_hundred_percent(api: Client) -> None:
    """Also one that found nothing to do."""
    job = await factories.job(await factories.pair(), status=SyncStatus.SUCCEEDED, finished_at=NOW)
    found = await seen(api, job)

    assert (found["progress"]["percent"], found["progress"]["etaSeconds"]) == (100.0, None)
    assert found["finishedAt"] == "2024-03-01T12:00:30Z"


@pytest.mark.parametrize("key", [factories.NO_ID, "x", "\0"])
async def test_a_job_that_does_not_exist_is_null(api: Client, key: str) -> None:
    """Malformed or merely unknown."""
    assert (await api.data(JOB, id=key))["syncJob"] is None


async def test_jobs_come_newest_first(api: Client) -> None:
    """Pages of one see all of them, also those of one instant."""
    pair = await factories.pair()
    ended = [
        await factories.job(pair, status=SyncStatus.SUCCEEDED, created_at=START + timedelta(hours=min(hour, 2)))
        for hour in range(4)
    ]
    walked: list[str] = []
    after = None
    for _ in ended:
        page = (await api.data(LIST, first=1, after=after))["syncJobs"]
        walked += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    newest = sorted((ended[2], ended[3]), key=lambda job: job.id, reverse=True)

    assert walked == [str(job.id) for job in (*newest, ended[1], ended[0])]
    assert (page["pageInfo"]["hasNextPage"], page["totalCount"]) == (False, 4)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (None, 3),
        ({}, 3),
        ({"status": "QUEUED"}, 2),
        ({"kind": "REPAIR"}, 1),
        ({"exchange": "okx"}, 1),
        ({"symbol": "BTC/USDT"}, 2),
        ({"interval": "1h"}, 1),
        ({"interval": "1h", "kind": "FORWARD"}, 0),
        ({"exchange": "\ud800"}, 0),
    ],
)
async def test_filters_narrow_jobs(api: Client, wanted: dict[str, str] | None, count: int) -> None:
    """Every field of the filter that is given must match."""
    await factories.job(await factories.pair(), status=SyncStatus.FAILED)
    await factories.job(await factories.pair("BTC/USDT", "1h"), SyncKind.REPAIR)
    await factories.job(await factories.pair("ETH/USDT", on="okx"))
    page = (await api.data(LIST, filter=wanted))["syncJobs"]

    assert (len(page["nodes"]), page["totalCount"]) == (count, count)


async def test_a_pair_lists_its_own_jobs(api: Client) -> None:
    """Newest first, and none of another pair."""
    pair = await factories.pair()
    for hour in range(2):
        await factories.job(pair, status=SyncStatus.CANCELLED, created_at=START + timedelta(hours=hour))
    await factories.job(await factories.pair("ETH/USDT"))
    query = '{ pairs(filter: {symbol: "BTC/USDT"}) { nodes { syncJobs { totalCount nodes { createdAt } } } } }'
    [node] = (await api.data(query))["pairs"]["nodes"]

    assert node["syncJobs"] == {
        "totalCount": 2,
        "nodes": [{"createdAt": "2024-03-01T01:00:00Z"}, {"createdAt": "2024-03-01T00:00:00Z"}],
    }


async def test_the_pairs_of_a_page_are_looked_up_together(api: Client, statements: list[str]) -> None:
    """One statement for the jobs and one for all their pairs."""
    for symbol in ("BTC/USDT", "ETH/USDT", "XRP/USDT"):
        await factories.job(await factories.pair(symbol))
    statements.clear()
    page = (await api.data("{ syncJobs { nodes { pair { symbol exchange { name } } } } }"))["syncJobs"]

    assert len(page["nodes"]) == 3
    assert len(statements) == 2
