"""Logs: a line each, with the request, job and pair that it is about, and without secrets."""

import logging
import re
import sys
from typing import Any, Final

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from domain.telemetry.redaction import Redaction

# What terminals obey, and what other programs take for the end of a line.
_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")

# Say what we say better, or what nobody asked for.
_QUIET: Final = ("arq", "httpx")

about = bound_contextvars
"""Puts its arguments on every line that is logged within a block, and by tasks started there."""

is_about = bind_contextvars
"""The same for the rest of the task."""


def log_to_stderr(redaction: Redaction, *, as_json: bool) -> None:
    """For the process, and all that it logs by Python's own `logging`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(redaction, as_json=as_json))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(redaction: Redaction, *, as_json: bool) -> logging.Formatter:
    around: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=around,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redacted(redaction),
            *([structlog.processors.JSONRenderer(ensure_ascii=True)] if as_json else [_on_one_line, _console()]),
        ],
    )


def _redacted(redaction: Redaction) -> Processor:
    return lambda _logger, _method, event: redaction.anything(event)


def _on_one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Spells control characters out, save those of our own stack traces."""
    return {key: value if key == "exception" else _spelled(value) for key, value in event.items()}


def _spelled(value: Any) -> Any:
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], value) if isinstance(value, str) else value


def _console() -> Processor:
    is_terminal = sys.stderr.isatty()
    return structlog.dev.ConsoleRenderer(
        colors=is_terminal, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
