"""Errors of our own, reported to Sentry where SENTRY_DSN says so."""

from typing import Any, cast

from structlog.contextvars import get_contextvars

from domain.settings import Settings, SettingsError
from domain.telemetry.redaction import Redaction


def report_errors(settings: Settings, redaction: Redaction, process: str) -> None:
    """Whatever is logged as an error is reported, with its trace and what it is about, but nothing of a request.

    Raises SettingsError.
    """
    dsn = settings.sentry_dsn.get_secret_value()
    if not dsn:
        return
    # Only where it is used: it takes some ten megabytes.
    import sentry_sdk  # noqa: PLC0415
    from sentry_sdk.utils import BadDsn  # noqa: PLC0415

    try:
        sentry_sdk.init(
            dsn,
            environment=settings.app_env.value,
            server_name=process,
            auto_enabling_integrations=False,  # they would take part in every request
            send_default_pii=False,
            include_local_variables=False,  # they hold what must not leave
            max_request_body_size="never",
            shutdown_timeout=1.0,
            before_send=lambda event, _hint: cast("Any", _clean(cast("Any", event), redaction)),
        )
    except BadDsn as error:
        raise SettingsError(f"SENTRY_DSN is not usable: {error}.") from None


def _clean(event: dict[str, Any], redaction: Redaction) -> Any:
    """The event, found by what the log line is about."""
    return redaction.anything({**event, "tags": {**event.get("tags", {}), **get_contextvars()}})
