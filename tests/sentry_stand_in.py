"""A receiver of Sentry's protocol on loopback, for tests."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.patience import PATIENCE
from tests.receiver import Receiver, receiving


@dataclass(frozen=True)
class SentryStandIn:
    receiver: Receiver

    @property
    def dsn(self) -> str:
        return f"http://key-of-sentry@127.0.0.1:{self.receiver.port}/7"

    @property
    def bodies(self) -> list[str]:
        """The envelopes."""
        return [body.decode() for _, body in self.receiver.bodies]

    def event(self, message: str) -> dict[str, Any]:
        """The first whose text holds the message, waited for."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in (line for body in self.bodies for line in body.splitlines()):
                if message in line and "exception" in (event := json.loads(line)):
                    found: dict[str, Any] = event
                    return found
            time.sleep(0.02)
        raise AssertionError(f"nothing with {message!r} was reported: {self.bodies}")


@contextmanager
def sentry_stand_in() -> Iterator[SentryStandIn]:
    with receiving() as receiver:
        yield SentryStandIn(receiver)
