"""How `make test` spreads the tests over processes.

A file's tests stay together, since they share what the file makes; a new file needs to do nothing for that. Some rooms
share even more. Who takes longest comes first, so that nobody waits for it at the end.
"""

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

# Rooms that share an installation, processes of the API, a browser, or what npm installs.
STAY_TOGETHER: Final = ("tests/chaos/", "tests/browser/", "tests/attacks/", "tests/clients/")

LONGEST_FIRST: Final = (
    "tests/chaos/",
    "tests/browser/",
    "tests/attacks/",
    "tests/clients/",
    "tests/workers/test_faults.py",
    "tests/deploy/test_image.py",
    "tests/ops/test_local.py",
    "tests/test_scaling.py",
    "tests/workers/test_dialects.py",
    "tests/test_readme.py",
    "tests/test_telling.py",
    "tests/test_migrations.py",
    "tests/api/test_written.py",
    "tests/api/test_process.py",
    "tests/api/test_keys.py",
    "tests/api/test_metrics.py",
)


def unit(nodeid: str) -> str:
    """What runs in one process, one test after the other."""
    file = nodeid.partition("::")[0]
    return next((room for room in STAY_TOGETHER if file.startswith(room)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = unit
    return scheduler


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    mine = unit(item.nodeid)
    return LONGEST_FIRST.index(mine) if mine in LONGEST_FIRST else len(LONGEST_FIRST)
