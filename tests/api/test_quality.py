"""What looks wrong about a pair's candles."""

from datetime import timedelta
from typing import Any

import pytest

from domain.interval import interval
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.factories import START

QUALITY = """query($interval: Interval! = "1m", $from: DateTime, $to: DateTime = "2024-03-02") {
    pair(exchange: "binance", symbol: "BTC/USDT", interval: $interval) { quality(from: $from, to: $to) {
        checked { from to } score candleCount finerInterval coarserInterval otherExchanges findingCount
        findings { kind severity range { from to } slots what }
    } }
}"""


async def quality(api: Client, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(QUALITY, **arguments))["pair"]["quality"]
    return found


async def collected(*rows: str | None, step: str = "1m", on: str = "binance") -> None:
    """Candles from the start on, all covered."""
    pair = await factories.pair(step=step, on=on)
    await factories.trades(pair, START, *rows)
    await factories.cover(pair, TimeRange(START, interval(step).shift(START, len(rows))))


def closes(*prices: str) -> list[str]:
    return [f"{price} {price} {price} {price} 1" for price in prices]


def told(found: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    return [
        (each["kind"], each["range"]["from"][11:16], each["range"]["to"][11:16], each["slots"])
        for each in found["findings"]
    ]


async def test_nothing_is_found_against_plausible_candles(api: Client) -> None:
    """What was compared with what is told."""
    await collected(*closes("100", "101", "100.5"))
    await collected(*closes("100", "100.5", "100.6"), on="kraken")
    await collected(*closes("100"), on="okx", step="1h")

    assert await quality(api, **{"from": "2024-03-01", "to": "2024-03-01T00:03:00Z"}) == {
        "checked": {"from": "2024-03-01T00:00:00Z", "to": "2024-03-01T00:03:00Z"},
        "score": 100.0,
        "candleCount": 3,
        "finerInterval": None,
        "coarserInterval": None,
        "otherExchanges": ["kraken"],
        "findingCount": 0,
        "findings": [],
    }


async def test_candles_must_be_what_finer_ones_make(api: Client) -> None:
    """Each slot that both cover; a price that differs is worse than a volume."""
    await collected(*["1 4 1 2 1"] * 20)
    await collected("1 4 1 2 5", "1 4 1 2.5 5", None, "1 4 1 2 5.1", "9 9 9 9 9", step="5m")

    found = await quality(api, interval="5m")

    assert found["finerInterval"] == "1m"
    assert told(found) == [
        ("RESAMPLED_PRICE", "00:05", "00:10", 1),
        ("MISSING", "00:10", "00:15", 1),
        ("RESAMPLED_VOLUME", "00:15", "00:20", 1),
    ]
    assert [each["severity"] for each in found["findings"]] == ["ERROR", "ERROR", "WARNING"]
    assert (
        found["findings"][0]["what"] == "1 candle with another price than the finer interval makes, by up to 25.0000%."
    )
    assert found["score"] == pytest.approx(100 * (1 - 2.25 / 4))


async def test_candles_must_make_what_coarser_ones_say(api: Client) -> None:
    """Each coarser slot that both cover, and that was looked at whole: all of its slots are told."""
    await collected(*["1 4 1 2 1"] * 10, *[None] * 10, *["1 4 1 2 1"] * 15)
    await collected(
        "1 4 1 2 5", "1 4 1 2 5.1", "1 1 1 1 0", "1 1 1 1 1", "1 5 1 2 5", "1 4 1 2 9", "9 9 9 9 9", step="5m"
    )
    await collected("1 9 1 2 30", step="30m")

    found = await quality(api, to="2024-03-01T00:34:00Z")

    assert (found["coarserInterval"], found["finerInterval"]) == ("5m", None)
    assert told(found) == [
        ("MISSING", "00:15", "00:20", 5),
        ("COARSER_VOLUME", "00:05", "00:10", 5),
        ("COARSER_PRICE", "00:20", "00:25", 5),
        ("COARSER_VOLUME", "00:25", "00:30", 5),
    ]
    assert found["findings"][2]["what"] == (
        "5 candles that make another price than the coarser interval has, by up to 50.0000%."
    )
    assert found["score"] == pytest.approx(100 * (1 - (5 + 15 / 4) / 24))


async def test_candles_are_held_against_a_finer_and_a_coarser_interval_at_once(api: Client) -> None:
    """A slot that both find missing is one finding."""
    await collected(*["1 1 1 1 1"] * 15)
    await collected("1 1 1 1 5", None, "1 1 1 1 5", step="5m")
    await collected("1 1 1 1 15", step="15m")
    found = await quality(api, interval="5m")
    assert (found["finerInterval"], found["coarserInterval"]) == ("1m", "15m")
    assert told(found) == [("MISSING", "00:05", "00:10", 1), ("COARSER_VOLUME", "00:00", "00:15", 3)]


async def test_days_must_make_their_month(api: Client) -> None:
    """By the calendar: February of 2024 had 29."""
    february = START - timedelta(days=29)
    for step, row, count in (("1d", "1 1 1 1 1", 29), ("1M", "1 1 1 1 30", 1)):
        pair = await factories.pair(step=step)
        await factories.trades(pair, february, *[row] * count)
        await factories.cover(pair, TimeRange(february, START))

    [found] = (await quality(api, interval="1d"))["findings"]

    assert (found["kind"], found["slots"]) == ("COARSER_VOLUME", 29)
    assert found["range"] == {"from": "2024-02-01T00:00:00Z", "to": "2024-03-01T00:00:00Z"}


async def test_a_coarser_slot_that_one_does_not_cover_is_not_compared(api: Client) -> None:
    """Whichever of the two that is."""
    await collected(*["1 1 1 1 1"] * 4)
    await collected("9 9 9 9 9", step="5m")
    assert (await quality(api))["findings"] == []
    await collected(*["1 1 1 1 1"] * 5, on="kraken")
    coarse = await factories.pair(step="5m", on="kraken")
    await factories.trades(coarse, START, "9 9 9 9 9")
    of_kraken = (await api.data(QUALITY.replace('"binance"', '"kraken"')))["pair"]["quality"]
    assert not [each for each in of_kraken["findings"] if each["kind"].startswith("COARSER")]


async def test_what_is_not_covered_is_not_missing(api: Client) -> None:
    """Nor wrong: both have to cover a slot for its candles to be compared."""
    await collected(*["1 4 1 2 1"] * 13)
    coarse = await factories.pair(step="5m")
    await factories.trades(coarse, START, None, None, "9 9 9 9 9")
    await factories.cover(coarse, TimeRange(START + timedelta(minutes=10), START + timedelta(minutes=15)))

    found = await quality(api, interval="5m")

    assert (found["candleCount"], found["findings"]) == (1, [])


async def test_a_jump_is_not_a_spike(api: Client) -> None:
    """Which the next candle takes back; neither is found where the price always moves like that."""
    calm = ["100", "100.1"] * 5
    await collected(*closes(*calm, "150", *calm, "200", "200.1", "200"))

    found = await quality(api)

    assert told(found) == [("SPIKE", "00:10", "00:11", 1), ("JUMP", "00:11", "00:12", 1), ("JUMP", "00:21", "00:22", 1)]


async def test_a_market_that_always_moves_does_not_jump(api: Client) -> None:
    """What is usual there is the measure."""
    await collected(*closes(*["100", "105"] * 20))

    assert (await quality(api))["findings"] == []


async def test_a_move_over_a_gap_is_no_jump(api: Client) -> None:
    """Nobody knows how it went in between."""
    await collected(*closes("100", "100.1"), None, *closes("200", "200.1"))

    assert (await quality(api))["findings"] == []


async def test_a_page_of_candles_that_nobody_counted_takes_no_longer(api: Client) -> None:
    """PostgreSQL takes new ones for few until it has looked, and must not begin anew for each of them."""
    week_before = START - timedelta(days=7)
    await factories.history(await factories.pair(), 10_000, week_before)
    await factories.history(await factories.pair(step="5m"), 1, week_before)

    found = await quality(api, to="2024-02-29T22:40:00Z")

    assert (found["candleCount"], found["coarserInterval"], found["findingCount"]) == (10_000, "5m", 1)


async def test_runs_without_volume_are_told(api: Client) -> None:
    """From ten candles on; they say nothing against the candles."""
    await collected(*["1 1 1 1 0"] * 9, "1 1 1 1 1", *["1 1 1 1 0"] * 12, None, *["1 1 1 1 0"] * 9)

    found = await quality(api)

    assert told(found) == [("ZERO_VOLUME", "00:10", "00:22", 12)]
    assert (found["findings"][0]["severity"], found["score"]) == ("INFO", 100.0)


async def test_closes_are_compared_with_other_exchanges(api: Client) -> None:
    """With the median of those that have a candle there; adjacent slots are one finding."""
    await collected(*closes("100", "102", "102", "120", "100"))
    for name, price in (("kraken", "99.9"), ("okx", "100"), ("bybit", "500")):
        await collected(*closes(*[price] * 4), on=name)

    found = await quality(api)

    assert ("FAR_OFF_MEDIAN", "00:03", "00:04", 1) in told(found)
    assert ("OFF_MEDIAN", "00:01", "00:03", 2) in told(found)
    assert found["otherExchanges"] == ["bybit", "kraken", "okx"]


async def test_at_most_a_hundred_findings_are_told(api: Client) -> None:
    """The worst and longest ones; all of them are counted, and the score is never below 0."""
    await collected(*["1 1 1 1 1"] * 300)
    await collected(*[None, "1 1 1 1 1"] * 150, on="kraken")
    await collected(*[row for at in range(150) for row in (None, "9 9 9 9 9")], on="okx")

    found = await quality(api)

    assert (len(found["findings"]), found["findingCount"], found["score"]) == (100, 150, 50.0)


async def test_without_a_start_the_latest_are_checked(api: Client) -> None:
    """As many slots as can be checked at once, of which finer candles allow fewer."""
    await collected(*closes("1"), step="1d")
    await collected(*closes("1"), step="1m")

    found = await quality(api, interval="1d", to="2024-03-02")

    assert (found["checked"]["to"], found["candleCount"]) == ("2024-03-02T00:00:00Z", 1)
    assert timedelta(days=173) == START + timedelta(days=1) - _instant(found["checked"]["from"])


def _instant(text: str) -> Any:
    return type(START).fromisoformat(text)


@pytest.mark.parametrize("arguments", [{"to": "2024-03-01"}, {"from": "2024-03-01", "to": "2024-03-01"}])
async def test_a_range_without_candles_has_no_score(api: Client, arguments: dict[str, str]) -> None:
    """Instead of a good one."""
    await collected(*closes("1"))

    found = await quality(api, **arguments)

    assert (found["score"], found["candleCount"], found["findings"]) == (None, 0, [])


@pytest.mark.parametrize(
    "arguments",
    [{"from": "2024-03-02", "to": "2024-03-01"}, {"from": "2023-03-01"}, {"from": "0001-01-01", "to": "9999-12-31"}],
)
async def test_ranges_that_are_too_long_are_refused(api: Client, arguments: dict[str, str]) -> None:
    """As are those that end before they begin."""
    await collected(*closes("1"))
    assert (await api.error(QUALITY, **arguments))["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("end", ["0001-01-01", "0001-06-01", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("step", ["1m", "1w", "1M"])
async def test_the_ends_of_time_are_no_error(api: Client, end: str, step: str) -> None:
    """Whatever the interval."""
    await collected(*closes("1"), step=step)
    assert (await quality(api, interval=step, to=end))["findingCount"] == 0
