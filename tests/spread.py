"""How `make test` spreads the tests over processes.

A file's tests stay together, since they share what the file makes. Rooms whose files share a whole installation stay
together, too, and so do not get into each other's way. Who comes first takes longest, so that nothing long comes last.
"""

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

_FIRST: Final = (
    "tests/chaos/",
    "tests/browser/",
)


def unit(nodeid: str) -> str:
    """What runs in one process, one test after the other."""
    file = nodeid.partition("::")[0]
    return next((start for start in _FIRST if file.startswith(start)), file)


def _turn(item: pytest.Item) -> int:
    mine = unit(item.nodeid)
    return _FIRST.index(mine) if mine in _FIRST else len(_FIRST)


class Spread(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spread:
    return Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)
