"""Choosing what is collected, judging it and taking it away, from the dashboard."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow.parquet
from playwright.async_api import Route, expect

from tests.browser.canvas import drawn, pixels
from tests.browser.database import delist, spoil
from tests.browser.test_jobs import not_asked, see
from tests.browser.visit import BITCOIN, Visit
from tests.ops.running import Running

BEARER: Final = "Bearer let-me-in"
EXPORTS: Final = "**/api/v1/candles.*"


async def search(visit: Visit, text: str, interval: str) -> None:
    await visit.go()
    await visit.text("#add-exchange", has="sandbox")
    await visit.page.get_by_role("combobox", name="Interval").select_option(interval)
    await visit.page.get_by_label("Search its markets").fill(text)


async def test_a_pattern_is_collected_after_a_look_at_what_it_takes(visit: Visit) -> None:
    """With the keyboard alone: Enter asks, Enter again begins."""
    await search(visit, "DO*/USDT", "1h")
    await visit.page.keyboard.press("Enter")

    await visit.text("#plan-symbols", has="DOGE/USDT, DOT/USDT")
    facts = await visit.text("#plan-facts", has="Requests")
    assert facts.split("\n")[:2] == ["Pairs", "2"]
    assert await visit.faults() == []
    await expect(visit.button("Collect 2 pairs")).to_be_focused()
    await visit.page.keyboard.press("Enter")

    await visit.text("#notices", has="2 pairs are being collected.")
    await visit.text("#pair-title", has="DOGE/USDT")
    await visit.text("#coverage-words", has="100 % covered")
    await expect(visit.page.locator("#plan")).to_be_hidden()


async def test_a_long_history_is_foreseen_and_may_be_left(visit: Visit) -> None:
    """Of a single market, too; what was foreseen is gone once something else is chosen."""
    await search(visit, "ETH/BTC", "1m")
    await visit.page.get_by_role("combobox", name="History").select_option("everything")
    await visit.button("Add ETH/BTC").click()
    assert "up to" in await visit.text("#plan-facts", has="Requests")
    await visit.button("Not now").click()
    await expect(visit.page.get_by_label("Search its markets")).to_be_focused()

    await visit.button("Add ETH/BTC").click()
    await expect(visit.page.locator("#plan")).to_be_visible()
    await visit.page.get_by_role("combobox", name="Interval").select_option("1d")
    await expect(visit.page.locator("#plan")).to_be_hidden()
    assert await visit.page.locator("#pairs button", has_text="ETH/BTC").filter(has_text="1m").count() == 0


async def test_what_was_foreseen_too_late_is_not_shown(visit: Visit) -> None:
    """An answer that comes after something else was chosen is of no use any more."""
    await search(visit, "DO*/USDT", "1m")
    async with (
        visit.page.expect_response(lambda answer: "mutation Add" in (answer.request.post_data or "")) as late,
        not_asked(visit, "mutation Add"),
    ):
        await visit.page.keyboard.press("Enter")
        await visit.page.get_by_role("combobox", name="Interval").select_option("1d")
    await (await late.value).finished()
    await visit.page.wait_for_timeout(200)  # milliseconds, in which it would be drawn

    await expect(visit.page.locator("#plan")).to_be_hidden()


async def test_a_search_says_that_a_market_is_delisted(visit: Visit, running: Running) -> None:
    """And since when; the others say since when they are there."""
    await delist(running, "XRP/USDT", datetime(2026, 3, 1, tzinfo=UTC))
    await search(visit, "XRP", "1h")

    await visit.text("#markets", has="delisted 2026-03-01")


async def test_the_candles_shown_are_downloaded(visit: Visit, tmp_path: Path) -> None:
    """As CSV those that are loaded, as Parquet all of them."""
    await visit.go(BITCOIN)
    await visit.text("#caption", has="500 candles")
    async with visit.page.expect_download() as awaited:
        await visit.page.get_by_role("link", name="Download as CSV").click()
    file = await awaited.value
    await file.save_as(tmp_path / "candles.csv")
    await visit.page.get_by_label("Which candles").select_option("all candles")
    async with visit.page.expect_download() as awaited:
        await visit.page.get_by_role("link", name="Download as Parquet").click()
    await (await awaited.value).save_as(tmp_path / "candles.parquet")

    header, *lines = (tmp_path / "candles.csv").read_text().splitlines()
    assert file.suggested_filename == "sandbox-BTC-USDT-1m.csv"
    assert header == "timestamp,open,high,low,close,volume"
    assert len(lines) >= 500
    assert pyarrow.parquet.read_table(tmp_path / "candles.parquet").num_rows > 40_000


async def test_a_download_carries_the_key(visit: Visit, tmp_path: Path) -> None:
    """Which no link could; the page says how much has come, and what was refused."""
    allowed = [False, True]
    refusal = {"errors": [{"message": "Later.", "extensions": {"code": "RATE_LIMITED"}}]}

    async def guard(route: Route) -> None:
        assert await route.request.header_value("authorization") == BEARER
        if allowed.pop(0):
            await route.continue_()
        else:
            await route.fulfill(json=refusal, status=429)

    await visit.page.route(EXPORTS, guard)
    await visit.page.add_init_script("sessionStorage.setItem('candelabra.key', 'let-me-in')")
    await visit.go(BITCOIN)
    await visit.text("#caption", has="500 candles")
    link = visit.page.get_by_role("link", name="Download as CSV")
    await link.click()
    await visit.text("#notices", has="Later.")
    visit.complaints.clear()  # the console names each answer of 4xx
    async with visit.page.expect_download() as awaited:
        await link.click()
    file = await awaited.value
    await file.save_as(tmp_path / file.suggested_filename)

    assert len((tmp_path / "sandbox-BTC-USDT-1m.csv").read_text().splitlines()) >= 501
    await visit.text("#download-state", has="sandbox-BTC-USDT-1m.csv, 0.0")


async def test_a_finding_is_shown_in_the_chart(visit: Visit, running: Running) -> None:
    """Scored, in words, and marked among its neighbours once it is pressed, however far back it lies."""
    await see(visit, "BNB/USDT", "1h", sync=True, **{"from": "2026-08-01T00:00:00Z"})
    await visit.text("#coverage-words", has="100 % covered")
    await visit.text("#sources", has="initial job, stored 20")
    await spoil(running, "BNB/USDT", "1h", datetime(2026, 8, 20, tzinfo=UTC))
    await visit.page.reload()

    finding = visit.page.locator("#findings button").first
    await visit.text("#findings", has="moved by up to")
    assert "2026-08-20 00:00" in await finding.inner_text()
    assert "of 100" in await visit.text("#score", has="of 100")
    assert await pixels(visit, "accent") == 0
    await finding.focus()
    await visit.page.keyboard.press("Enter")

    assert await drawn(visit, "accent") > 100
    assert await visit.faults() == []


async def test_a_pair_is_judged_once_at_whatever_interval_it_is_looked_at(visit: Visit) -> None:
    """Ten thousand candles are looked at for it."""
    await visit.go(BITCOIN)
    await visit.text("#quality-words", has="nothing stored to compare them with")
    asked = len(visit.queries)

    await visit.button("4h", within="#intervals").click()
    await visit.text("#caption", has="resampled from 1m")
    await visit.page.locator("#pairs button", has_text="ETH/USDT").first.click()
    await visit.text("#pair-title", has="ETH/USDT")
    await visit.text("#quality-words", has="candles since")

    assert len([query for query in visit.queries[asked:] if "query Quality" in query]) == 1
