"""The programs of an installation that are Candelabra's own."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from domain.settings import Settings

Command: TypeAlias = tuple[str, ...]


def _read_exchanges(settings: Settings) -> object:
    from domain.exchanges_file import configured_exchanges  # noqa: PLC0415  # only a run that gets this far needs it

    return configured_exchanges(settings)


@dataclass(frozen=True, kw_only=True)
class Parts:
    api: Command = (sys.executable, "-m", "api")
    worker: Command = (sys.executable, "-m", "workers")
    sandbox: Command = (sys.executable, "-m", "ops.sandbox")  # and its port
    migrate: Command = (sys.executable, "-m", "domain.migrate")
    read_exchanges: Callable[[Settings], object] = _read_exchanges
    """Raises SettingsError for a file that cannot be used."""
