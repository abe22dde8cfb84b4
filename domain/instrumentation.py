"""What a process tells about itself, set up in one place for API and workers."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import disable_created_metrics

from domain.exchanges_file import configured_exchanges
from domain.settings import Settings
from domain.telemetry.logs import log_to_stderr
from domain.telemetry.redaction import Redaction
from domain.telemetry.reports import report_errors


@contextmanager
def instrumented(process: str, settings: Settings) -> Iterator[None]:
    """Logs; reports errors of our own, and sends traces for the time of the block, where the settings say so.

    Raises SettingsError.
    """
    secrets = [secret for exchange in configured_exchanges(settings) for secret in exchange.secrets]
    redaction = Redaction.of(settings, secrets)
    log_to_stderr(redaction, as_json=settings.logs_json)
    disable_created_metrics()  # a series beside each, which nobody looks at
    report_errors(settings, redaction, process)
    if not settings.sends_traces:
        yield
        return
    # Only where it is used: it takes some ten megabytes.
    from domain.telemetry.opentelemetry import tracing  # noqa: PLC0415

    with tracing(process):
        yield
