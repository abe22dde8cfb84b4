"""The loop over CCXT that everyone writes first, in a warm process of its own."""

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, Final

import ccxt.async_support

from tests.bench.errors import BenchError
from tests.bench.exchange import symbol
from tests.bench.rounds import Round
from tests.bench.span import PAGE, Span

Rows = Sequence[Sequence[Any]]
Store = Callable[[int, Rows], Awaitable[None]]
"""Keeps a page of a series; each round has a series of its own."""

OpenStore = Callable[[str], AbstractAsyncContextManager[Store]]
"""Opens the place that an address names, once in a process; must be found by its name in its module."""

_LONGEST: Final = 120.0  # seconds for a process to start, or for a round
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class Loop:
    """A contestant that asks for one page after the other."""

    name: str
    span: Span
    pipe: "Connection[Span, float]"

    def run(self) -> Round:
        self.pipe.send(self.span)
        return {self.name: _answer(self.name, self.pipe)}


@contextmanager
def looping(name: str, span: Span, public: str, open_store: OpenStore, place: str) -> Iterator[Loop]:
    """The contestant, with the exchange's markets loaded, for the time of the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, public, open_store, place), name=name, daemon=True)
    process.start()
    theirs.close()
    try:
        _answer(name, ours)
        yield Loop(name, span, ours)
    finally:
        ours.close()
        process.terminate()
        process.join(_LONGEST)


def _answer(name: str, pipe: "Connection[Span, float]") -> float:
    with suppress(EOFError):
        if pipe.poll(_LONGEST):
            return pipe.recv()
    raise BenchError(f"{name} ended, or took longer than {_LONGEST:.0f} s; what went wrong stands above.")


def _serve(pipe: "Connection[float, Span]", public: str, open_store: OpenStore, place: str) -> None:
    # Ctrl-C on the terminal is for the bench, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError):
        asyncio.run(_take_turns(pipe, public, open_store, place))


async def _take_turns(pipe: "Connection[float, Span]", public: str, open_store: OpenStore, place: str) -> None:
    client = ccxt.async_support.binance({"enableRateLimit": False, **ccxt_config(public)})
    client.number = str  # exact, and no slower than floats
    try:
        async with open_store(place) as store:
            await client.load_markets()
            pipe.send(0.0)
            for series in count():
                span = pipe.recv()
                start = time.perf_counter()
                await _backfill(client, span, partial(store, series))
                pipe.send(time.perf_counter() - start)
    finally:
        await client.close()


async def _backfill(client: Any, span: Span, store: Callable[[Rows], Awaitable[None]]) -> None:
    since, got = span.start_ms, 0
    while since < span.end_ms:
        rows = await client.fetch_ohlcv(symbol(0), "1m", since, PAGE)
        await store(rows)
        since, got = rows[-1][0] + _MINUTE_MS, got + len(rows)
    if got != span.candles:
        raise BenchError(f"The loop got {got} candles instead of {span.candles}.")


def ccxt_config(public: str) -> dict[str, Any]:
    """CCXT's Binance on another address, its spot market only."""
    return {"urls": {"api": {"public": public}}, "options": {"fetchMarkets": {"types": ["spot"]}}}
