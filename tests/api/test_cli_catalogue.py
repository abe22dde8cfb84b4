"""Choosing in the terminal what is collected, and judging it."""

import io
import sys
from datetime import timedelta
from typing import Final

import pytest

from domain.models import Pair, SyncJob
from domain.settings import Settings
from tests import factories
from tests.api.conftest import NOW
from tests.api.terminal import Terminal
from tests.api.test_quality import closes, collected
from tests.factories import START

CLOSED: Final = NOW.replace(second=0)
FROM: Final = ("--from", (CLOSED - timedelta(days=1)).isoformat())


@pytest.fixture
def terminal(address: str, settings: Settings) -> Terminal:
    return Terminal(address)


@pytest.fixture
async def listed(terminal: Terminal) -> Terminal:
    """An exchange whose markets and habits are known."""
    await factories.exchange(markets_refreshed_at=NOW, page_limit=500, page_milliseconds=20.0)
    for symbol in ("BTC/USDT", "ETH/USDT", "ETH/BTC"):
        await factories.market(symbol)
    await factories.market("OLD/USDT", is_active=False, listed_at=START, delisted_at=NOW)
    return terminal


async def test_markets_are_listed_with_their_dates(listed: Terminal) -> None:
    """Those that a search finds, or all of them; without those that went, where that is said."""
    done = await listed.run("markets", "binance", "usdt")
    assert done.lines[0].split() == ["Symbol", "Listed", "Delisted"]
    assert [line.split() for line in done.lines[1:]] == [
        ["BTC/USDT", "-"],
        ["ETH/USDT", "-"],
        ["OLD/USDT", "2024-03-01T00:00:00Z", "2024-03-01T12:00:30Z"],
    ]
    traded = (await listed.run("markets", "binance", "--traded", "--json")).json
    assert [market["symbol"] for market in traded] == ["BTC/USDT", "ETH/BTC", "ETH/USDT"]
    assert (await listed.run("markets", "binance", "doge")).out == "No market matches.\n"
    assert "There is no exchange of this name" in await listed.fails("markets", "nowhere")


async def test_a_pattern_is_foreseen_before_anything_is_done(listed: Terminal) -> None:
    """What each interval would take, and together."""
    done = await listed.run("add", "binance", "*/USDT", "1m", "1h", *FROM, "--dry-run")
    assert [line.split() for line in done.lines] == [
        ["Interval", "Pairs", "New", "Candles", "Requests", "Time"],
        ["1m", "2", "2", "2,880", "6", "1", "s"],
        ["1h", "2", "2", "48", "2", "1", "s"],
        ["all", "4", "4", "2,928", "8", "1", "s"],
        ["Symbols:", "BTC/USDT,", "ETH/USDT"],
    ]
    told = (await listed.run("add", "binance", "*/USDT", "1m", *FROM, "--dry-run", "--json")).json
    assert (told["1m"]["slots"], told["1m"]["isUpperBound"]) == (2_880, False)
    assert "up to" in (await listed.run("add", "binance", "ETH/BTC", "1h", "--dry-run")).lines[1]
    assert [await table.all().count() for table in (Pair, SyncJob)] == [0, 0]


async def test_a_pattern_is_added_with_a_job_for_each_pair(listed: Terminal) -> None:
    """Without a question, where that is said."""
    done = await listed.run("add", "binance", "*/USDT", "ETH/BTC", "1m", *FROM, "--yes")
    assert done.lines[-1] == "3 pairs are being collected; `candelabra status` shows how far."
    assert [await table.all().count() for table in (Pair, SyncJob)] == [3, 3]
    added = (await listed.run("add", "binance", "ETH/BTC", "1h", *FROM, "--yes", "--json")).json
    assert [(pair["symbol"], pair["interval"]) for pair in added["pairs"]] == [("ETH/BTC", "1h")]


class Asked(io.StringIO):
    """Stands for somebody at the keyboard."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "count"), [("y", 2), ("n", 0), ("", 0)])
async def test_who_is_there_is_asked(
    listed: Terminal, monkeypatch: pytest.MonkeyPatch, answer: str, count: int
) -> None:
    """After the table; who only presses Enter has not said yes."""
    monkeypatch.setattr(sys, "stdin", Asked(f"{answer}\n"))
    done = await listed.run("add", "binance", "*/USDT", "1m", *FROM)
    assert "Begin?" in done.err
    assert ("Nothing was added." in done.err) == (count == 0)
    assert await Pair.all().count() == count


async def test_nobody_is_asked_where_nobody_is(listed: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a script: nothing is added until it is said."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    done = await listed.run("add", "binance", "*/USDT", "1m", *FROM)
    assert (done.status, await Pair.all().count()) == (1, 0)
    assert "Nothing was added: --yes begins without asking" in done.err


@pytest.mark.parametrize("words", [("BTC/USDT",), ("1m", "1h")])
async def test_symbols_and_intervals_are_both_needed(listed: Terminal, words: tuple[str, ...]) -> None:
    """Told apart by how they look."""
    done = await listed.run("add", "binance", *words)
    assert done.status == 2
    assert "Name symbols and intervals" in done.err


async def test_quality_scores_each_pair(terminal: Terminal) -> None:
    """And tells of a single one what looks wrong."""
    await collected(*closes("100", "101", "100.5"))
    await collected(*closes("100", "101", "90"), on="kraken")
    within = ("--from", "2024-03-01", "--to", "2024-03-01T00:03:00Z")

    several = await terminal.run("quality", *within)
    one = await terminal.run("quality", "kraken", *within)

    assert [line.split() for line in several.lines] == [
        ["Exchange", "Symbol", "Interval", "Score", "Candles", "Findings", "Compared", "with"],
        ["binance", "BTC/USDT", "1m", "66.66", "3", "1", "kraken"],
        ["kraken", "BTC/USDT", "1m", "66.66", "3", "1", "binance"],
    ]
    assert one.lines[1] == several.lines[2]
    assert one.lines[4].split()[:3] == ["ERROR", "2024-03-01T00:02:00Z", "2024-03-01T00:03:00Z"]
    assert one.lines[4].endswith("1 candle with a close up to 10.4478% off the other exchanges' median.")
    [told] = (await terminal.run("quality", "kraken", *within, "--json")).json
    assert (told["findingCount"], told["candleCount"]) == (1, 3)
    assert (await terminal.run("quality", "nowhere")).out.startswith("No pair matches; `candelabra pairs`")
