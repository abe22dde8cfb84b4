"""Metrics as text, for Prometheus to fetch.

Where PROMETHEUS_MULTIPROC_DIR is set, the library shares counts between processes through files there, and each process
shows those of all; otherwise each shows its own.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

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

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

# Read by the library when it is imported.
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


def exposition(observed: Iterable[Metric] = ()) -> bytes:
    """What was counted, and what was observed for this answer."""
    registry = CollectorRegistry()
    registry.register(_Observed(observed))
    return generate_latest(_counted()) + generate_latest(registry)


def _counted() -> CollectorRegistry:
    folder = os.environ.get(SHARED_FOLDER)
    if not folder:
        return REGISTRY
    _forget_the_dead(Path(folder))
    shared = CollectorRegistry()
    MultiProcessCollector(shared, folder)  # type: ignore[no-untyped-call]
    return shared


def _forget_the_dead(folder: Path) -> None:
    """Gauges of processes that are gone; what they counted stays."""
    for process in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        if not _is_alive(process):
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


@contextmanager
def listening(host: str, port: int) -> Iterator[None]:
    """Shows what was counted on the port, from a thread of its own; nowhere where the port is 0."""
    if not port:
        yield
        return
    server, thread = start_http_server(port, host, _counted())
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Observed(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    @override
    def collect(self) -> Iterable[Metric]:
        return self._metrics
