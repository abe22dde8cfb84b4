"""Traces: what a request or a job was made of, from the API into the worker, a span within another.

Without a tracer, which is the usual case, nothing is recorded and next to nothing is spent. Attributes are words and
numbers of ours and the facts of a pair; never what a client sent, what was found, or a secret.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from enum import Enum, auto
from typing import Final, Protocol, TypeAlias

Attributes: TypeAlias = Mapping[str, str | int]
Carrier: TypeAlias = Mapping[str, str]
"""What takes a trace from one process to another: `traceparent`, as W3C has it."""


class Role(Enum):
    REQUEST = auto()
    JOB = auto()
    STEP = auto()
    CALL = auto()
    """Of another server: an exchange, PostgreSQL, Redis."""


class Tracer(Protocol):
    def span(
        self, role: Role, name: str, attributes: Attributes, carrier: Carrier
    ) -> AbstractContextManager[object]: ...

    def describe(self, attributes: Attributes) -> None: ...

    def ended(self, name: str, attributes: Attributes, seconds: float, error: BaseException | None) -> None: ...

    def handed_on(self) -> dict[str, str]: ...


tracer_in_use: Final[ContextVar[Tracer | None]] = ContextVar("tracer_in_use", default=None)

_NOTHING: Final = nullcontext()
_NONE: Final[Mapping[str, str]] = {}


def span(
    role: Role, name: str, attributes: Attributes = _NONE, carrier: Carrier = _NONE
) -> AbstractContextManager[object]:
    """One span for the time of the block, within the one around it, or else the carrier's."""
    tracer = tracer_in_use.get()
    return tracer.span(role, name, attributes, carrier) if tracer else _NOTHING


def describe(attributes: Attributes) -> None:
    """Says more of the span that the caller is in."""
    if tracer := tracer_in_use.get():
        tracer.describe(attributes)


def handed_on() -> dict[str, str]:
    """What a job is to be given so that its work belongs to this trace; empty where there is none.

    The slices of a job belong to what asked for it, each beside the others.
    """
    tracer = tracer_in_use.get()
    return tracer.handed_on() if tracer else {}
