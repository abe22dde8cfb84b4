"""A whole installation as `make run` starts it, and a browser that sees nothing else."""

import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser import programs
from tests.browser.visit import WEB, Visit, visiting
from tests.ops.running import Running

_START_SECONDS = 90  # everything, and thirty days of candles, on a busy machine


@pytest.fixture(scope="session")
def chromium() -> str:
    found = programs.chromium()
    if not found:
        pytest.skip("NO BROWSER, SO NEITHER DASHBOARD NOR GRAPHIQL ARE TESTED: apt-get install chromium")
    if not (WEB / "node_modules").exists():
        pytest.skip("NO LIBRARIES, SO NEITHER DASHBOARD NOR GRAPHIQL ARE TESTED: make web")
    return found


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # No name but loopback is looked up, so that the browser itself asks nobody either.
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        browser = await playwright.chromium.launch(executable_path=chromium, args=[alone])
        yield browser
        await browser.close()


@pytest.fixture(scope="package")
def running(chromium: str) -> Iterator[Running]:
    """The demo: two sandbox pairs with thirty days of candles."""
    with TemporaryDirectory(prefix="candelabra-browser-") as folder:
        run = Running.start(Path(folder) / "data", sys.executable, "-m", "ops.local", SEED="demo")
        yield run.ready(_START_SECONDS)
        run.end(signal.SIGTERM)


@pytest.fixture
async def visit(browser: Browser, running: Running) -> AsyncIterator[Visit]:
    """A page of a new visitor, not yet gone anywhere."""
    async with visiting(browser, running.url) as visit:
        yield visit
