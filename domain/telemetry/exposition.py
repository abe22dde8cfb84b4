"""Metrics as text, for Prometheus to fetch.

Where PROMETHEUS_MULTIPROC_DIR is set, the library shares counts between processes through files there, and each process
shows those of all; otherwise each shows its own.
"""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Metric,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from typing_extensions import override

from domain.settings import Settings, SettingsError

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

# Read by the library when it is imported.
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


Look: TypeAlias = Callable[[], Iterable[Metric]]
"""Finds out what is not counted as it happens, for one answer."""


def exposition(observed: Iterable[Metric]) -> bytes:
    """What was counted, and what was observed for this answer."""
    return generate_latest(_registry(lambda: observed))


def _registry(look: Look) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Shown(look))
    return registry


def _counted() -> CollectorRegistry:
    folder = os.environ.get(SHARED_FOLDER)
    if not folder:
        return REGISTRY
    _forget_the_dead(Path(folder))
    shared = CollectorRegistry()
    MultiProcessCollector(shared, folder)
    return shared


def _forget_the_dead(folder: Path) -> None:
    """Gauges of processes that are gone; what they counted stays."""
    for process in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        if not _is_alive(process):
            mark_process_dead(process, str(folder))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


def require_port(settings: Settings) -> None:
    """Raises SettingsError where metrics cannot be shown on METRICS_PORT."""
    if not settings.metrics_port:
        return
    try:
        family, *_, place = socket.getaddrinfo(settings.metrics_host, settings.metrics_port)[0]
        with socket.socket(family) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(place)
    except OSError as error:
        raise SettingsError(_refusal(error, settings)) from None


def _refusal(error: OSError, settings: Settings) -> str:
    told = f"METRICS_PORT={settings.metrics_port} of METRICS_HOST={settings.metrics_host} cannot be used"
    return f"{told}: {error.strerror}. Stop what listens there, or choose another."


@contextmanager
def listening(settings: Settings, look: Look = tuple) -> Iterator[None]:
    """Shows what was counted and what a look finds on METRICS_PORT, from threads of its own; nowhere where that is 0.

    Raises SettingsError where it cannot listen there.
    """
    host, port = settings.metrics_host, settings.metrics_port
    if not port:
        yield
        return
    try:
        server, thread = start_http_server(port, host, _registry(look))
    except OSError as error:
        raise SettingsError(_refusal(error, settings)) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Shown(Collector):
    def __init__(self, look: Look) -> None:
        self._look = look

    @override
    def collect(self) -> Iterable[Metric]:
        yield from _counted().collect()
        yield from self._look()
