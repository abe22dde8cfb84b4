"""The bench's exchange as seen by those who start it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from ops.local.address import free_port
from tests.bench.exchange import SEEN
from tests.bench.programs import module, running

_ANSWER_SECONDS: Final = 5.0


@dataclass(frozen=True)
class ServedExchange:
    url: str

    @property
    def public(self) -> str:
        """What CCXT knows as the address of Binance's public API."""
        return f"{self.url}/api/v3"

    def seen(self) -> Counter[str]:
        """How often each path was requested since the last call."""
        return Counter(httpx.get(f"{self.url}{SEEN}", timeout=_ANSWER_SECONDS, trust_env=False).json())

    def is_ready(self) -> bool:
        try:
            return bool(httpx.get(f"{self.public}/ping", timeout=_ANSWER_SECONDS, trust_env=False).is_success)
        except httpx.HTTPError:
            return False


@contextmanager
def served_exchange(folder: Path) -> Iterator[ServedExchange]:
    """An exchange in a process of its own for the time of the block."""
    port = free_port()
    exchange = ServedExchange(f"http://127.0.0.1:{port}")
    program = module("tests.bench.exchange", folder / "exchange.log", "--port", str(port), environment={})
    with running(program, exchange.is_ready):
        yield exchange
