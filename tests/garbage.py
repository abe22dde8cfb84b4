"""Python's collector of cycles looks as seldom as in our own programs."""

import gc
from typing import Final

import pytest

# Objects made before the collector looks.
_GC_THRESHOLD: Final = 50_000


def pytest_sessionstart() -> None:
    """Collecting makes a million objects that stay: looking through them again and again took half of its time."""
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    gc.enable()
