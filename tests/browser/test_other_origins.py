"""A page of another origin in a real browser: it can ask where ALLOWED_ORIGINS names it, and nowhere else."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser

from domain.settings import Settings
from tests.api.process import Process, environment, serving

ASK: Final = """async url => {
    const headers = { "Content-Type": "application/json", Authorization: "Bearer none" };
    const body = JSON.stringify({ query: "{ __typename }" });
    try {
        const answer = await fetch(url + "/graphql", { method: "POST", headers, body });
        return [(await answer.json()).data.__typename, answer.headers.get("x-request-id").length];
    } catch (error) { return error.name; }
}"""
READ: Final = """async url => {
    try { return (await fetch(url + "/api/v1/udf/time")).status; } catch (error) { return error.name; }
}"""
CONNECT: Final = """url => new Promise(settle => {
    const socket = new WebSocket(url.replace("http", "ws") + "/graphql", "graphql-transport-ws");
    socket.onopen = () => socket.send('{"type":"connection_init"}');
    socket.onmessage = message => { settle(JSON.parse(message.data).type); socket.close(); };
    socket.onerror = () => settle("refused");
})"""


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """The origin of a server that shows the folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def page_origin(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text("<title>Charts</title>")
    with hosted(tmp_path) as origin:
        yield origin


@pytest.fixture
def api(installation: Settings, page_origin: str, tmp_path: Path) -> Iterator[Process]:
    with serving(environment(installation, ALLOWED_ORIGINS=page_origin), tmp_path / "log") as process:
        yield process


@pytest.fixture
def other_api(installation: Settings, tmp_path: Path) -> Iterator[Process]:
    with serving(environment(installation), tmp_path / "other-log") as process:
        yield process


async def test_a_frontend_on_another_origin_asks_reads_and_follows(
    browser: Browser, page_origin: str, api: Process, other_api: Process
) -> None:
    """With a key, the id of its request and the chart feed; where it is not named, the browser gives it nothing."""
    page = await browser.new_page()
    async with asyncio.timeout(30):
        await page.goto(page_origin)
        allowed = [await page.evaluate(script, api.url) for script in (ASK, READ, CONNECT)]
        foreign = [await page.evaluate(script, other_api.url) for script in (ASK, READ, CONNECT)]
    await page.close()

    assert allowed == [["Query", 32], 200, "connection_ack"]
    assert foreign == ["TypeError", "TypeError", "refused"]
