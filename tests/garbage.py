"""When Python looks for cycles among what the tests hold.

Collecting them loads CCXT and all of our own, a million objects that stay: looking through them again and again took
half of that time, and then again a part of each test's.
"""

import gc
from typing import Final

import pytest

# Objects made before the collector looks, as in our own programs.
_THRESHOLD: Final = 50_000


def pytest_sessionstart() -> None:
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    gc.set_threshold(_THRESHOLD)
    gc.enable()
