"""A loop over CCXT that keeps nothing: no collector that uses CCXT page by page can be faster."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Final

from tests.bench.loop import Loop, Rows, Store, looping
from tests.bench.span import Span

BARE: Final = "bare CCXT loop"


def bare(span: Span, public: str) -> AbstractContextManager[Loop]:
    return looping(BARE, span, public, _nowhere, "")


@asynccontextmanager
async def _nowhere(_: str) -> AsyncIterator[Store]:
    yield _forget


async def _forget(_: int, __: Rows) -> None:
    pass
