"""What a process tells about itself, set up in one place for API and workers."""

from prometheus_client import disable_created_metrics

from domain.exchanges_file import configured_exchanges
from domain.settings import Settings
from domain.telemetry.logs import log_to_stderr
from domain.telemetry.redaction import Redaction
from domain.telemetry.reports import report_errors


def tell_of(process: str, settings: Settings) -> None:
    """Logs, and reports errors of our own where the settings say so. Raises SettingsError."""
    secrets = [secret for exchange in configured_exchanges(settings) for secret in exchange.secrets]
    redaction = Redaction.of(settings, secrets)
    log_to_stderr(redaction, as_json=settings.logs_json)
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a series beside each, which nobody looks at
    report_errors(settings, redaction, process)
