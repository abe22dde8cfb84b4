"""A page in a real browser that can reach our server and nothing else."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
from playwright.async_api import Browser, Locator, Page, Request, Route, WebSocket, expect

WEB: Final = Path(__file__).parents[2] / "api" / "web"
_AXE: Final = WEB / "node_modules" / "axe-core" / "axe.min.js"
BITCOIN: Final = "/#exchange=sandbox&symbol=BTC/USDT&pair=1m"
PATIENCE_SECONDS: Final = 20
_POLL_MS: Final = 50

T = TypeVar("T")


@dataclass
class Visit:
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    """What the console said, and what was asked of other hosts."""
    sockets: list[str] = field(default_factory=list)
    """Addresses of WebSockets that were opened."""
    queries: list[str] = field(default_factory=list)
    """GraphQL that went over HTTP."""

    async def go(self, path: str = "/") -> "Visit":
        await self.page.goto(self.url + path)
        return self

    def button(self, name: str, *, within: str = "body") -> Locator:
        return self.page.locator(within).get_by_role("button", name=name, exact=True)

    async def until(self, found: Callable[[], Awaitable[T]]) -> T:
        """The first of its values that is true; the page's policy forbids the browser's own way to wait."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (value := await found()):
            assert time.monotonic() < deadline, f"never came; the page said: {await self.notices()}"
            await self.page.wait_for_timeout(_POLL_MS)
        return value

    async def notices(self) -> str:
        """What the page says at its top, to people."""
        return await self.page.locator("#notices").inner_text()

    async def text(self, selector: str, *, has: str) -> str:
        """The text of an element, once it has a part."""
        place = self.page.locator(selector)
        await expect(place).to_contain_text(has, timeout=PATIENCE_SECONDS * 1000)
        return await place.inner_text()

    async def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA, with the elements."""
        await self.page.evaluate(_AXE.read_text())
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        result = await self.page.evaluate("rules => axe.run({ runOnly: rules })", rules)
        return [f"{one['id']}: {node['html']}" for one in result["violations"] for node in one["nodes"]]

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """GraphQL as another client sends it."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


@asynccontextmanager
async def visiting(browser: Browser, url: str, **context: Any) -> AsyncIterator[Visit]:
    """Fails at its end if the console complained or anything foreign was asked for."""
    opened = await browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
    try:
        page = await opened.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        visit = Visit(page, url)
        await _watch(visit)
        yield visit
        assert not visit.complaints, visit.complaints
        assert all(socket.startswith(url.replace("http", "ws", 1)) for socket in visit.sockets)
    finally:
        await opened.close()


async def _watch(visit: Visit) -> None:
    async def pass_ours(route: Route) -> None:
        if route.request.url.startswith(visit.url):
            await route.continue_()
        else:
            visit.complaints.append(f"foreign: {route.request.url}")
            await route.abort()

    def hear(request: Request) -> None:
        if request.method == "POST":
            visit.queries.append(request.post_data or "")

    def opened(socket: WebSocket) -> None:
        visit.sockets.append(socket.url)

    await visit.page.route(lambda url: url.startswith("http"), pass_ours)
    visit.page.on("request", hear)
    visit.page.on("websocket", opened)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on(
        "console", lambda said: visit.complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
