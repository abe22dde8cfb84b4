"""The dashboard where an API key is needed."""

import json
from typing import Final

from playwright.async_api import Route

from tests.browser.visit import Visit

REFUSAL: Final = {"errors": [{"message": "An API key is needed.", "extensions": {"code": "UNAUTHENTICATED"}}]}
BEARER: Final = "Bearer let-me-in"


async def test_a_key_is_asked_for_and_sent(visit: Visit) -> None:
    """With each request and socket of the tab from then on; it is kept nowhere else."""
    greetings = list[str]()
    visit.page.on("websocket", lambda socket: socket.on("framesent", lambda text: greetings.append(str(text))))

    async def guard(route: Route) -> None:
        if await route.request.header_value("authorization") == BEARER:
            await route.continue_()
        else:
            await route.fulfill(json=REFUSAL)

    await visit.page.route("**/graphql", guard)
    await visit.go()
    await visit.text("#notices", has="An API key is needed.")
    await visit.page.get_by_label("API key").fill("let-me-in")
    await visit.button("Use this key").click()

    await visit.text("#caption", has="500 candles")
    await visit.text("#live", has="live")
    assert json.loads(greetings[0]) == {"type": "connection_init", "payload": {"authorization": BEARER}}
    assert await visit.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
