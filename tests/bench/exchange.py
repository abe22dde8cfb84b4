"""The exchange that every contestant asks: a process of its own that answers without delay and counts.

python -m tests.bench.exchange --port 9001
"""

from argparse import ArgumentParser
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.sandbox.binance import binance
from ops.sandbox.series import Symbol
from ops.sandbox.serving import serve
from tests.bench.market import DailyMarket

# About as many as Binance lists, because clients keep all of them in memory.
_LISTED: Final = 3_000

SEEN: Final = "/bench/seen"


def symbol(number: int) -> str:
    """One of the symbols that the exchange lists; `number` counts from 0."""
    return _listed(number).name


def _listed(number: int) -> Symbol:
    return Symbol(f"C{number}", "USDT")


@dataclass
class PreparedExchange:
    """Sends what the dialect answered to the same question before, so that the exchange is nobody's bottleneck.

    Its symbols all have the same candles, so a page is prepared for all of them. GET /bench/seen tells the paths that
    were requested since it was asked last.
    """

    dialect: ASGIApp
    prepared: dict[str, list[Message]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == SEEN:
            answer = JSONResponse(self.seen)
            self.seen = []
            await answer(scope, receive, send)
            return
        self.seen.append(scope["path"])
        question = _question(scope)
        if question not in self.prepared:
            self.prepared[question] = await self._asked(scope, receive)
        for message in self.prepared[question]:
            await send(message)

    async def _asked(self, scope: Scope, receive: Receive) -> list[Message]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.dialect(scope, receive, keep)
        return messages


def _question(scope: Scope) -> str:
    query = parse_qsl(scope["query_string"].decode())
    return f"{scope['path']}?{urlencode([(name, value) for name, value in query if name != 'symbol'])}"


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.bench.exchange")
    parser.add_argument("--port", type=int, required=True, help="TCP port of the loopback address to listen on")
    market = DailyMarket([_listed(number) for number in range(_LISTED)])
    serve(PreparedExchange(binance(market)), parser.parse_args().port)


if __name__ == "__main__":
    main()
