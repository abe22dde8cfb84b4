"""README's picture of the dashboard: `make picture`."""

import asyncio
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.async_api import async_playwright

from tests.browser.database import lose
from tests.browser.programs import chromium
from tests.browser.visit import BITCOIN, visiting
from tests.ops.running import Running

PICTURE: Final = Path(__file__).parents[2] / "ops" / "dashboard.png"
ADD: Final = "mutation($input: AddPairsInput!) { addPairs(input: $input) { pairs { id } } }"
SIZE: Final = {"width": 1280, "height": 1400}
_START_SECONDS: Final = 90


async def take(running: Running, program: str) -> None:
    """A week of minutes at 30m, with a gap of half a day, and what all markets in USDT would take."""
    await lose(running, "BTC/USDT", "1m", newest=3_000, kept=2_300)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        async with visiting(browser, running.url, viewport=SIZE, color_scheme="dark") as visit:
            symbols = ["ETH/BTC", "SOL/USDT"]
            values = {"intervals": ["1h"], "sync": True, "from": "2026-01-01T00:00:00Z"}
            await visit.ask(ADD, input={"exchange": "sandbox", "symbols": symbols, **values})
            await visit.go(f"{BITCOIN}&interval=30m")
            await visit.text("#coverage-words", has="1 gap")
            await visit.text("#jobs", has="ETH/BTC")
            await visit.page.get_by_label("Search its markets").fill("*/USDT")
            await visit.button("Add */USDT").click()
            await visit.text("#plan-facts", has="Requests")
            await visit.page.wait_for_timeout(3_000)  # milliseconds: the jobs end, and what is drawn is drawn
            await visit.page.evaluate("document.activeElement.blur()")
            await visit.page.screenshot(path=PICTURE)
        await browser.close()


def main() -> int:
    program = chromium()
    if not program:
        sys.exit("There is no Chromium to take a picture with: apt-get install chromium")
    with TemporaryDirectory(prefix="candelabra-picture-") as folder:
        running = Running.start(Path(folder) / "data", sys.executable, "-m", "ops.local", SEED="demo")
        try:
            asyncio.run(take(running.ready(_START_SECONDS), program))
        finally:
            running.end(signal.SIGTERM)
    return 0


if __name__ == "__main__":
    sys.exit(main())
