"""GraphiQL, served by us alone."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.browser.visit import Visit

RESULT: Final = ".result-window"
EDITOR: Final = ".graphiql-query-editor"
HEADERS: Final = 'section[aria-label="Headers"] .graphiql-editor:not(.hidden)'
TABS: Final = {"Latest": '"timestamp"', "Complete": '"emptySlots"', "BringUpToDate": '"message"'}
SUBSCRIPTION: Final = """subscription {
  candles(exchange: "sandbox", symbol: "BTC/USDT", interval: "1m", since: "%s") { kind candles { close } }"""


async def opened(visit: Visit) -> Visit:
    await visit.go("/graphql")
    await visit.text(EDITOR, has="query Latest")
    await visit.page.wait_for_load_state("networkidle")
    return visit


async def play(visit: Visit) -> None:
    """Not before GraphiQL has read which operations there are, for which it waits until one stops typing."""
    await visit.page.wait_for_timeout(400)
    await visit.page.locator(".graphiql-execute-button").click()


async def write(visit: Visit, editor: str, text: str) -> None:
    """Closing brackets are the editor's."""
    await visit.page.locator(editor).click()
    await visit.page.keyboard.press("Control+A")
    await visit.page.keyboard.insert_text(text)


@pytest.mark.parametrize(("tab", "part"), TABS.items(), ids=TABS)
async def test_an_example_is_answered(tab: str, part: str, visit: Visit) -> None:
    """Each tab's, at the press of the button."""
    await opened(visit)
    await visit.page.get_by_role("tab", name=tab).click()
    await visit.text(EDITOR, has=tab)
    await play(visit)

    answer = await visit.text(RESULT, has=part)
    assert '"errors"' not in answer


async def test_a_subscription_streams(visit: Visit) -> None:
    """What was missed comes first, over the socket."""
    since = datetime.now(UTC) - timedelta(minutes=10)
    await opened(visit)
    await write(visit, EDITOR, SUBSCRIPTION % since.isoformat() + "\n}")
    await play(visit)

    await visit.text(RESULT, has='"HISTORY"')
    assert len(visit.sockets) == 1


async def test_headers_carry_the_key(visit: Visit) -> None:
    """What is written under Headers goes with the query."""
    sent = list[str]()
    await opened(visit)
    await write(visit, HEADERS, '{ "authorization": "Bearer me" }')
    visit.page.on("request", lambda request: sent.append(request.headers.get("authorization", "")))
    await play(visit)

    await visit.text(RESULT, has='"timestamp"')
    assert sent[-1] == "Bearer me"
