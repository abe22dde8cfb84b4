"""What can go wrong between an exchange and its client, and a script of when it does."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.exchange.distortion import Distortion, distorting

Fault = Callable[[ASGIApp], ASGIApp]
"""Takes what would have answered and gives what answers instead."""

ALWAYS: Final = 1 << 40  # times

_BLOCK: Final = b" " * 65_536


@dataclass
class Planned:
    """`injected` counts how often it has come."""

    path_contains: str
    fault: Fault
    times: int
    after: int
    injected: int = 0


class FaultScript:
    """Faults in the order they were added; a request takes the first that is meant for it."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []

    @property
    def injected(self) -> int:
        return sum(planned.injected for planned in self._planned)

    def add(self, path_contains: str, fault: Fault, *, times: int = 1, after: int = 0) -> Planned:
        """`path_contains` is part of path?query; the first `after` such requests pass unharmed."""
        self._planned.append(planned := Planned(path_contains, fault, times, after))
        return planned

    def clear(self) -> None:
        self._planned.clear()

    def take(self, target: str) -> Fault | None:
        planned = next((one for one in self._planned if one.times and one.path_contains in target), None)
        if planned is None:
            return None
        if planned.after:
            planned.after -= 1
            return None
        planned.times -= 1
        planned.injected += 1
        return planned.fault


def reply(status: int = 200, body: str | bytes = b"", headers: Mapping[str, str] | None = None) -> Fault:
    """The same answer whatever was asked."""
    return lambda _: Response(body, status, headers)


def html(status: int = 200) -> Fault:
    """A page for people, as proxies and firewalls send."""
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
    return reply(status, page, {"Content-Type": "text/html"})


def json(text: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Fault:
    """For example `null`, `{}` or an exchange's own error."""
    return reply(status, text, {"Content-Type": "application/json", **(headers or {})})


class Endless:
    """An answer that goes on until its reader hangs up. `sent` counts its bytes."""

    sent = 0

    def __call__(self, _: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, _: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while not scope["connection"].transport.is_closing():
                await send({"type": "http.response.body", "body": _BLOCK, "more_body": True})
                self.sent += len(_BLOCK)
                await asyncio.sleep(0)

        return answer


def hang(seconds: float) -> Fault:
    """The right answer, too late."""

    def hanging(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(seconds)
            await app(scope, receive, send)

        return answer

    return hanging


def reset(_: ASGIApp) -> ASGIApp:
    """The connection breaks off with RST before a byte of the answer."""

    async def answer(scope: Scope, _: Receive, __: Send) -> None:
        scope["connection"].break_off()

    return answer


def refused(seconds: float) -> Fault:
    """The exchange goes away: every connection breaks off, and new ones are refused for so long."""

    def refusing(_: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, _: Receive, __: Send) -> None:
            await scope["connection"].exchange.go_away(seconds)

        return answer

    return refusing


def truncated(app: ASGIApp) -> ASGIApp:
    """The right answer, broken off in the middle of its body."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await _answered(app, scope, receive)
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        scope["connection"].transport.close()

    return answer


def distorted(distortion: Distortion) -> Fault:
    """The answer of a market that gives other rows than it should."""

    def distorting_fault(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            with distorting(distortion):
                await app(scope, receive, send)

        return answer

    return distorting_fault


def rewritten(change: Callable[[Any], Any]) -> Fault:
    """The right answer with its JSON changed."""

    def rewriting(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            start, body = await _answered(app, scope, receive)
            changed = orjson.dumps(change(orjson.loads(body)))
            await Response(changed, start["status"], media_type="application/json")(scope, receive, send)

        return answer

    return rewriting


def null_prices(body: Any) -> Any:
    """The JSON of an answer with the prices of its middle candle null."""
    if isinstance(body, dict):
        return {key: null_prices(value) for key, value in body.items()}
    if not isinstance(body, list) or not body:
        return body
    middle = len(body) // 2
    return [_without_prices(item) if place == middle else null_prices(item) for place, item in enumerate(body)]


def _without_prices(item: Any) -> Any:
    """The candle, an array with its time first or an object, without prices."""
    if isinstance(item, dict) and {"open", "o"} & item.keys():
        return {key: None if key[0] in "ohlc" else value for key, value in item.items()}
    if isinstance(item, list) and len(item) >= len(("time", "open", "high", "low", "close", "volume")):
        return [item[0], None, None, None, None, None, *item[6:]]
    return null_prices(item)


async def _answered(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Start and body of what the application answers."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])
