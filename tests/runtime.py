"""Tests run in what our programs run in: uvloop, and Python's collector of cycles where it seldom looks."""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

import pytest
import uvloop

# Objects made before the collector looks, as in our own programs.
_GC_THRESHOLD: Final = 50_000


@pytest.fixture(scope="session")
def _asyncio_loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Pytest-asyncio's own; the hook that it has for this tears files apart, async tests first."""
    return uvloop.new_event_loop


def pytest_sessionstart() -> None:
    """Collecting makes a million objects that stay: looking through them again and again took half of its time."""
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    gc.enable()
