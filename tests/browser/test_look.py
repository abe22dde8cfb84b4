"""The dashboard on small screens, in the dark, and for those who do not see it."""

import pytest
from playwright.async_api import Browser

from tests.browser.canvas import drawn
from tests.browser.visit import visiting
from tests.ops.running import Running

LUMINANCE = "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number).reduce((a, b) => a + b)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_follows_the_colours_of_the_system(scheme: str, browser: Browser, running: Running) -> None:
    """Page and chart; all of it can be read, and every control has a name."""
    async with visiting(browser, running.url, color_scheme=scheme) as visit:
        await visit.go()
        await drawn(visit, "up")
        await visit.text("#jobs", has="succeeded")
        luminance = await visit.page.evaluate(LUMINANCE)

        assert (luminance > 384) == (scheme == "light")
        assert await visit.faults() == []


async def test_it_fits_a_phone(browser: Browser, running: Running) -> None:
    """360 px wide, nothing is wider than the screen, and the chart is there."""
    async with visiting(browser, running.url, viewport={"width": 360, "height": 740}, has_touch=True) as visit:
        await visit.go()
        await drawn(visit, "up")
        await visit.button("Range …").click()

        assert await visit.page.evaluate("document.documentElement.scrollWidth") == 360
        assert await visit.faults() == []
