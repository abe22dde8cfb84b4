"""What a receiver of OTLP over HTTP has been sent."""

from dataclasses import dataclass
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.receiver import Receiver


@dataclass(frozen=True)
class SentSpan:
    """Ids as hexadecimal digits; the parent's is empty where there is none."""

    service: str
    name: str
    kind: int
    trace_id: str
    id: str
    parent_id: str
    attributes: dict[str, str | int]

    @classmethod
    def all_of(cls, receiver: Receiver) -> list[Self]:
        return [span for path, body in list(receiver.bodies) if path == "/v1/traces" for span in cls._of(body)]

    @classmethod
    def _of(cls, body: bytes) -> list[Self]:
        request = ExportTraceServiceRequest.FromString(body)
        return [
            cls(
                next(item.value.string_value for item in sent.resource.attributes if item.key == "service.name"),
                span.name,
                span.kind,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                {item.key: item.value.string_value or item.value.int_value for item in span.attributes},
            )
            for sent in request.resource_spans
            for scope in sent.scope_spans
            for span in scope.spans
        ]
