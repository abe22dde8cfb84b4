"""Traces as OpenTelemetry has them, sent by OTLP over HTTP; imported only where traces are sent."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Thread
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domain.telemetry.logs import is_about
from domain.telemetry.traces import Attributes, Carrier, Role, tracer_in_use

# Seconds that a process which ends gives its last spans to get away.
_LAST_SECONDS: Final = 1.0

# Who says so when spans do not arrive.
_COMPLAINING: Final = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.trace.export",
)

_NANOSECONDS: Final = 1_000_000_000
_KINDS: Final = {
    Role.REQUEST: SpanKind.SERVER,
    Role.JOB: SpanKind.CONSUMER,
    Role.STEP: SpanKind.INTERNAL,
    Role.CALL: SpanKind.CLIENT,
}
_PROPAGATOR: Final = TraceContextTextMapPropagator()

# What the job under way was asked for by.
_origin: ContextVar[dict[str, str] | None] = ContextVar("origin", default=None)


@contextmanager
def tracing(process: str) -> Iterator[None]:
    """Sends the spans of the block, where and how the variables of OpenTelemetry say."""
    for name in _COMPLAINING:
        logging.getLogger(name).addFilter(_as_warning)
    provider = TracerProvider(resource=_resource(process), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    token = tracer_in_use.set(OpenTelemetryTracer(provider.get_tracer("candelabra")))
    try:
        yield
    finally:
        tracer_in_use.reset(token)
        ending = Thread(target=provider.shutdown, daemon=True)  # it would wait for a receiver that is away
        ending.start()
        ending.join(_LAST_SECONDS)


def _as_warning(record: logging.LogRecord) -> bool:
    """A receiver that is away is no error of ours, which would be reported."""
    record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _resource(process: str) -> Resource:
    """As the environment names it, or else by the process."""
    named = Resource.create({"candelabra.process": process})
    if str(named.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return named.merge(Resource({SERVICE_NAME: f"candelabra-{process}"}))
    return named


class OpenTelemetryTracer:
    """Of errors it tells the code or the type: their words may hold what a client sent."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, role: Role, name: str, attributes: Attributes, carrier: Carrier) -> Iterator[None]:
        around = _PROPAGATOR.extract(carrier) if carrier else None
        span = self._tracer.start_span(name, around, _KINDS[role], dict(attributes))
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            if role in {Role.REQUEST, Role.JOB}:
                is_about(trace_id=trace.format_trace_id(span.get_span_context().trace_id))
            if role is Role.JOB:
                _origin.set(_traceparent(carrier) or self._here())
            try:
                yield
            except Exception as error:
                _fail(span, error)
                raise

    def describe(self, attributes: Attributes) -> None:
        trace.get_current_span().set_attributes(dict(attributes))

    def ended(self, name: str, attributes: Attributes, seconds: float, error: BaseException | None) -> None:
        """A call that took so long and has ended now."""
        now = time.time_ns()
        start = now - int(seconds * _NANOSECONDS)
        span = self._tracer.start_span(name, None, SpanKind.CLIENT, dict(attributes), start_time=start)
        if error:
            _fail(span, error)
        span.end(now)

    def handed_on(self) -> dict[str, str]:
        return _origin.get() or self._here()

    def _here(self) -> dict[str, str]:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return _traceparent(carrier)


def _traceparent(carrier: Carrier) -> dict[str, str]:
    return {name: value for name, value in carrier.items() if name == "traceparent"}


def _fail(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", getattr(error, "code", type(error).__qualname__))
    span.set_status(StatusCode.ERROR)
