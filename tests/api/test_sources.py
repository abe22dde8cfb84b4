"""Where what is covered came from."""

from typing import Any
from uuid import uuid4

import pytest

from domain.database import connection, transaction
from domain.records import Pair
from domain.storage import ledger
from domain.storage.provenance import Origin, Provenance
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.factories import START, minutes

SOURCES = """query($from: DateTime, $to: DateTime) {
    pair(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { coverage {
        sources(from: $from, to: $to) { range { from to } origin job { id } firstStoredAt lastStoredAt }
    } }
}"""
SCHEDULE = Provenance(Origin.EXCHANGE)


def span(start: int, end: int) -> TimeRange:
    return TimeRange(START + minutes(start), START + minutes(end))


async def stored(pair: Pair, start: int, end: int, source: Provenance = SCHEDULE) -> None:
    """A committed page without a candle."""
    async with transaction() as db:
        await ledger.extend(db, pair.id, [span(start, end)], None, source)


async def sources(api: Client, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.data(SOURCES, **arguments))["pair"]["coverage"]["sources"]
    return found


async def told(api: Client, **arguments: Any) -> list[tuple[str, int, int]]:
    """Origins with minutes."""
    return [
        (each["origin"], int(each["range"]["from"][14:16]), int(each["range"]["to"][14:16]))
        for each in await sources(api, **arguments)
    ]


async def kept() -> int:
    async with connection() as db:
        return int(await db.fetchval("SELECT count(*) FROM coverage_sources"))


async def test_each_covered_range_tells_where_it_came_from(api: Client) -> None:
    """With the job that asked for it, and when it was at work."""
    pair = await factories.pair()
    job = await factories.job(pair)
    await stored(pair, 0, 10, Provenance(Origin.EXCHANGE, job.id))
    await stored(pair, 10, 20, Provenance(Origin.IMPORT, uuid4()))
    await stored(pair, 25, 30)

    asked, imported, scheduled = await sources(api)

    assert [each["origin"] for each in (asked, imported, scheduled)] == ["EXCHANGE", "IMPORT", "EXCHANGE"]
    assert [each["job"] for each in (asked, imported, scheduled)] == [{"id": str(job.id)}, None, None]
    assert asked["range"] == {"from": "2024-03-01T00:00:00Z", "to": "2024-03-01T00:10:00Z"}
    assert asked["firstStoredAt"] == asked["lastStoredAt"]
    assert asked["lastStoredAt"] <= imported["firstStoredAt"] <= scheduled["firstStoredAt"]


async def test_pages_of_one_run_become_one_range(api: Client) -> None:
    """However many there are, and whichever of the schedule's jobs stored them."""
    pair = await factories.pair()
    for page in (3, 1, 2, 0):
        await stored(pair, 10 * page, 10 * page + 10)

    assert await told(api) == [("EXCHANGE", 0, 40)]
    [once] = await sources(api)
    assert once["firstStoredAt"] < once["lastStoredAt"]


async def test_who_stored_it_last_counts(api: Client) -> None:
    """What it was before is not remembered, and a run of which nothing is left neither."""
    pair = await factories.pair()
    await stored(pair, 0, 20)
    await stored(pair, 5, 10, Provenance(Origin.IMPORT, uuid4()))
    assert await told(api) == [("EXCHANGE", 0, 5), ("IMPORT", 5, 10), ("EXCHANGE", 10, 20)]

    await stored(pair, 4, 12)
    assert await told(api) == [("EXCHANGE", 0, 20)]
    assert await kept() == 1


async def test_what_nobody_told_of_is_unknown(api: Client) -> None:
    """Covered by hand, or before sources were remembered."""
    pair = await factories.pair()
    await factories.cover(pair, span(0, 30))
    await stored(pair, 10, 20)

    assert await told(api) == [("UNKNOWN", 0, 10), ("EXCHANGE", 10, 20), ("UNKNOWN", 20, 30)]
    assert (await sources(api))[0] == {
        "range": {"from": "2024-03-01T00:00:00Z", "to": "2024-03-01T00:10:00Z"},
        "origin": "UNKNOWN",
        "job": None,
        "firstStoredAt": None,
        "lastStoredAt": None,
    }


async def test_removed_candles_have_no_source(api: Client) -> None:
    """Neither has what is uncovered by hand; the rest keeps its own."""
    pair = await factories.pair()
    await factories.candles(pair, [START + minutes(3)])
    await stored(pair, 0, 10)
    await stored(pair, 10, 20, Provenance(Origin.IMPORT, uuid4()))

    async with connection() as db:
        await db.execute("DELETE FROM candles")
    assert await told(api) == [("EXCHANGE", 0, 3), ("EXCHANGE", 4, 10), ("IMPORT", 10, 20)]

    await factories.cover(pair, span(0, 10))
    assert await told(api) == [("EXCHANGE", 0, 3), ("UNKNOWN", 3, 4), ("EXCHANGE", 4, 10)]
    assert await kept() == 1


async def test_a_removed_pair_takes_its_sources_with_it(api: Client) -> None:
    """And leaves those of others."""
    gone, stays = await factories.pair("ETH/USDT"), await factories.pair()
    await stored(gone, 0, 10)
    await stored(stays, 0, 10)

    async with connection() as db:
        await db.execute("DELETE FROM coin_exchanges WHERE id = $1", gone.id)

    assert await kept() == 1
    assert await told(api) == [("EXCHANGE", 0, 10)]


async def test_a_forgotten_job_leaves_its_range(api: Client) -> None:
    """It still came from the exchange."""
    pair = await factories.pair()
    await stored(pair, 0, 10, Provenance(Origin.EXCHANGE, uuid4()))

    [found] = await sources(api)

    assert (found["origin"], found["job"]) == ("EXCHANGE", None)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"from": "2024-03-01T00:05:00Z"}, [("EXCHANGE", 5, 10), ("EXCHANGE", 20, 30)]),
        ({"to": "2024-03-01T00:25:00Z"}, [("EXCHANGE", 0, 10), ("EXCHANGE", 20, 25)]),
        ({"from": "2024-03-01T00:10:00Z", "to": "2024-03-01T00:20:00Z"}, []),
        ({"from": "2024-03-01T00:05:00Z", "to": "2024-03-01T00:05:00Z"}, []),
    ],
)
async def test_a_part_can_be_asked_for(
    api: Client, arguments: dict[str, str], expected: list[tuple[str, int, int]]
) -> None:
    """Clipped to it."""
    pair = await factories.pair()
    await stored(pair, 0, 10)
    await stored(pair, 20, 30)

    assert await told(api, **arguments) == expected


async def test_a_range_that_ends_before_it_begins_is_refused(api: Client) -> None:
    """As for gaps."""
    await factories.pair()
    error = await api.error(SOURCES, **{"from": "2024-03-02", "to": "2024-03-01"})
    assert error["code"] == "BAD_USER_INPUT"


async def test_at_most_a_thousand_ranges_are_told(api: Client) -> None:
    """The oldest ones; the rest is asked for from the end of the last."""
    pair = await factories.pair()
    spans = [span(2 * place, 2 * place + 1) for place in range(1_001)]
    async with transaction() as db:
        await ledger.extend(db, pair.id, spans, None, SCHEDULE)

    first = await sources(api)
    rest = await sources(api, **{"from": first[-1]["range"]["to"]})

    assert (len(first), len(rest)) == (1_000, 1)
