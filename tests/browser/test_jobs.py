"""Syncs and pairs, started from the dashboard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from playwright.async_api import Locator, Route, expect

from tests.browser.canvas import drawn, pixels
from tests.browser.database import lose
from tests.browser.visit import BITCOIN, PATIENCE_SECONDS, Visit
from tests.ops.running import Running

ADD: Final = "mutation($input: AddPairsInput!) { addPairs(input: $input) { pairs { id } } }"
PAIR: Final = """query($symbol: String!, $interval: Interval!) {
  pair(exchange: "sandbox", symbol: $symbol, interval: $interval) { id }
}"""
SYNC: Final = "mutation($input: SyncPairInput!) { syncPair(input: $input) { job { id } } }"
JOB: Final = "query($id: ID!) { syncJob(id: $id) { status } }"
WAIT_MS: Final = PATIENCE_SECONDS * 1000
# The page asks for jobs every 5 s, and for the coverage every 30 s.
NEXT_LOOK_MS: Final = 12_000


async def see(visit: Visit, symbol: str, interval: str, **values: Any) -> None:
    """Goes to a pair that is new."""
    await visit.ask(ADD, input={"exchange": "sandbox", "symbols": [symbol], "intervals": [interval], **values})
    await visit.go(f"/#exchange=sandbox&symbol={symbol}&pair={interval}")
    await visit.text("#pair-title", has=symbol)


async def start(visit: Visit, kind: str, symbol: str) -> Locator:
    """Presses until its job is there: the schedule's own may be open for a moment."""
    job = visit.page.locator("#jobs li", has_text=kind).filter(has_text=symbol).first

    async def pressed() -> bool:
        await visit.button(kind, within="#sync").click()
        await visit.page.wait_for_timeout(300)
        return await job.is_visible()

    await visit.until(pressed)
    return job


async def test_a_sync_started_from_the_page_fills_its_bar(visit: Visit) -> None:
    """Years of hours: the bar is seen on its way, and ends at 100 %."""
    await see(visit, "XRP/USDT", "1h")
    job = await start(visit, "Initial", "XRP/USDT")
    bar = job.locator("progress")
    seen = list[float]()

    async def succeeded() -> bool:
        seen.append(await bar.evaluate("bar => bar.value"))
        return "succeeded" in await job.inner_text()

    await visit.until(succeeded)

    assert seen == sorted(seen)
    assert any(0 < value < 100 for value in seen)
    assert await bar.evaluate("bar => bar.value") == 100
    await visit.text("#coverage-words", has="100 % covered, no gap")
    assert await drawn(visit, "up") > 500


async def test_a_sync_is_cancelled_from_the_page(visit: Visit) -> None:
    """Years of minutes end at once."""
    await see(visit, "DOGE/USDT", "1m")
    job = await start(visit, "Initial", "DOGE/USDT")
    await job.get_by_role("button", name="Cancel").click()

    await expect(job).to_contain_text("cancelled", timeout=WAIT_MS)
    await expect(job.get_by_role("button", name="Cancel")).to_be_hidden()


async def test_a_gap_is_marked_and_repaired(visit: Visit, running: Running) -> None:
    """Hatched in the chart and in the strip, named in words; Repair closes it while one looks."""
    await see(visit, "ADA/USDT", "1h", sync=True, **{"from": "2026-01-01T00:00:00Z"})
    await visit.text("#coverage-words", has="100 % covered")
    await lose(running, "ADA/USDT", "1h", newest=60, kept=20)
    await visit.page.reload()

    await visit.text("#coverage-words", has="1 gap,")
    assert await drawn(visit, "gap") > 100
    assert await visit.page.locator("#gaps button").count() == 1

    await start(visit, "Repair", "ADA/USDT")
    await visit.text("#coverage-words", has="no gap,")
    await visit.until(lambda: is_without_gap(visit))
    await visit.text("#caption", has="540 candles")
    assert await visit.page.locator("#gaps button").count() == 0


async def test_a_job_is_noticed_that_ended_before_it_was_seen(visit: Visit, running: Running) -> None:
    """What another client repaired in a moment is shown with the next look at the jobs."""
    await see(visit, "SOL/USDT", "1h", sync=True, **{"from": "2026-01-01T00:00:00Z"})
    await visit.text("#coverage-words", has="100 % covered")
    await lose(running, "SOL/USDT", "1h", newest=60, kept=20)
    await visit.page.reload()
    await visit.text("#coverage-words", has="1 gap,")

    async with not_asked(visit, "query Jobs"):
        await repair(visit, "SOL/USDT", "1h")

    await expect(visit.page.locator("#coverage-words")).to_contain_text("no gap,", timeout=NEXT_LOOK_MS)


@asynccontextmanager
async def not_asked(visit: Visit, query: str) -> AsyncIterator[None]:
    """Holds a query of the page back meanwhile."""
    may_go = asyncio.Event()

    async def wait(route: Route) -> None:
        if query in (route.request.post_data or ""):
            await may_go.wait()
        await route.fallback()

    await visit.page.route("**/graphql", wait)
    yield
    may_go.set()


async def repair(visit: Visit, symbol: str, interval: str) -> None:
    """Done when it returns."""
    pair = (await visit.ask(PAIR, symbol=symbol, interval=interval))["pair"]
    job = (await visit.ask(SYNC, input={"pairId": pair["id"], "kind": "REPAIR"}))["syncPair"]["job"]

    async def succeeded() -> bool:
        return bool((await visit.ask(JOB, id=job["id"]))["syncJob"]["status"] == "SUCCEEDED")

    await visit.until(succeeded)


async def is_without_gap(visit: Visit) -> bool:
    return await pixels(visit, "gap") == 0


async def test_a_candle_arrives_live(visit: Visit, running: Running) -> None:
    """The newest ones come by the subscription alone; the series is not asked for again."""
    await visit.go(BITCOIN)
    current = await newest(visit)
    await lose(running, "BTC/USDT", "1m", newest=3)
    await visit.page.reload()
    await visit.text("#live", has="live")
    assert await newest(visit) < current
    asked = len(visit.queries)

    await visit.button("Forward", within="#sync").click()

    await visit.until(lambda: is_current(visit, current))
    assert not any("query Series" in query for query in visit.queries[asked:])


async def newest(visit: Visit) -> str:
    """Open time of the last candle in the chart."""
    return (await visit.text("#caption", has="candles"))[-16:]


async def is_current(visit: Visit, time: str) -> bool:
    return await newest(visit) >= time


async def test_a_pair_is_found_and_added(visit: Visit) -> None:
    """The market lists are searched as one types; the new pair is shown and collected."""
    await visit.go()
    await visit.text("#add-exchange", has="sandbox")
    await visit.page.get_by_role("combobox", name="Interval").select_option("1h")
    await visit.page.get_by_label("Search its markets").press_sequentially("link")
    await visit.button("Add LINK/USDT").click()

    await visit.text("#pair-title", has="LINK/USDT")
    await visit.text("#caption", has="candles, ")
    await visit.text("#coverage-words", has="100 % covered")


async def test_what_the_api_refuses_is_said_in_its_words(visit: Visit) -> None:
    """Until it is dismissed; the page goes on working."""
    await visit.go()
    await visit.text("#caption", has="candles")
    await visit.button("Range …").click()
    await visit.page.get_by_label("From (UTC)").fill("2026-03-02T00:00")
    await visit.page.get_by_label("To (UTC)").fill("2026-03-01T00:00")
    await visit.button("Sync this range").click()

    await visit.text("#notices", has="from must lie before to.")
    await visit.button("Dismiss").click()
    await expect(visit.page.locator("#notices")).to_be_empty()
