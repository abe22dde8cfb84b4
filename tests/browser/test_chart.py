"""The dashboard's chart."""

import re
from typing import Final

from tests.browser.canvas import drawn, pixels
from tests.browser.visit import BITCOIN, Visit

CAPTION: Final = "#caption"


async def test_candles_are_shown_without_a_choice(visit: Visit) -> None:
    """Rising and falling ones of the first pair, with what they are in words."""
    await visit.go()

    assert await drawn(visit, "up") > 500
    assert await drawn(visit, "down") > 500
    assert "500 candles" in await visit.text(CAPTION, has="candles")
    assert re.fullmatch(r"[A-Z]+/[A-Z]+ 1[mh] · Candelabra", await visit.page.title())


async def test_older_candles_come_as_one_scrolls_left(visit: Visit) -> None:
    """With the mouse; what is asked for is drawn."""
    await visit.go(BITCOIN)
    await visit.text(CAPTION, has="500 candles")
    box = await visit.page.locator("#chart").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    for _ in range(8):
        await visit.page.mouse.move(box["x"] + 100, middle)
        await visit.page.mouse.down()
        await visit.page.mouse.move(box["x"] + 700, middle, steps=4)
        await visit.page.mouse.up()

    await visit.text(CAPTION, has="1,500 candles")
    assert await drawn(visit, "up") > 500


async def test_every_interval_that_can_be_made_is_offered(visit: Visit) -> None:
    """Also those that are not stored; the words say what they are made of, and the address keeps the choice."""
    await visit.go(BITCOIN)
    await visit.text(CAPTION, has="500 candles")
    intervals = visit.page.locator("#intervals button")

    await visit.until(intervals.count)

    assert await intervals.count() >= 15
    assert await visit.page.locator("#intervals button:disabled").count() == 0
    await visit.button("4h", within="#intervals").click()
    assert "resampled from 1m" in await visit.text(CAPTION, has="resampled")
    assert await drawn(visit, "down") > 500

    await visit.page.reload()
    await visit.text(CAPTION, has="resampled from 1m")
    assert await visit.button("4h", within="#intervals").get_attribute("aria-pressed") == "true"


async def test_the_chart_works_with_the_keyboard(visit: Visit) -> None:
    """From the first Tab on: skip to it, scroll back for older candles, zoom, and return to the newest."""
    await visit.go(BITCOIN)
    await visit.text(CAPTION, has="500 candles")
    await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.press("Enter")
    await visit.page.keyboard.press("PageUp")
    await visit.page.keyboard.press("PageUp")
    await visit.text(CAPTION, has="1,500 candles")

    shown = await pixels(visit, "up")
    await visit.page.keyboard.press("End")
    await visit.page.keyboard.press("+")

    assert await visit.page.evaluate("document.activeElement.id") == "chart"
    assert await drawn(visit, "up", other_than=shown)


async def test_pairs_are_chosen_with_the_keyboard(visit: Visit) -> None:
    """Each control is reached by Tab, and Enter presses it."""
    await visit.go(BITCOIN)
    await visit.text("#pairs", has="ETH/USDT")
    pair = visit.page.locator("#pairs button", has_text="ETH/USDT")
    while not await pair.evaluate("one => one === document.activeElement"):
        await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.press("Enter")

    await visit.text("#pair-title", has="ETH/USDT")
    assert await pair.get_attribute("aria-current") == "true"
    assert await pair.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


async def test_a_gap_gets_the_room_of_its_slots(visit: Visit) -> None:
    """Also between resampled candles, of which the last opens within the gap; but not that of years."""
    await visit.go()
    holes = """async gaps => {
      const { holes } = await import("/assets/dashboard/gaps.js");
      const rows = [0, 1800, 9000, 10800, 99_999_000].map(time => ({ time }));
      return holes(rows, gaps, "30m").map(times => times.length);
    }"""

    assert await visit.page.evaluate(holes, [{"from": 2100, "to": 9300}]) == [3]
    assert await visit.page.evaluate(holes, [{"from": 9600, "to": 9900}]) == [1]
    assert await visit.page.evaluate(holes, [{"from": 12_600, "to": 99_999_000}]) == [24]
    assert await visit.page.evaluate(holes, [{"from": -900, "to": 0}, {"from": 99_999_900, "to": 199_999_000}]) == []
