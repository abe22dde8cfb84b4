"""What an exchange that counts saw of the fleet."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.report import Report
from tests.exchange.ban import RateLimit
from tests.exchange.server import LoopbackExchange


@dataclass(frozen=True)
class Meter:
    """An exchange with a limit that it means, watched from `since` on, in seconds of `time.monotonic`."""

    exchange: LoopbackExchange
    limit: RateLimit
    since: float

    @classmethod
    def on(cls, exchange: LoopbackExchange, name: str, *, per_second: int) -> "Meter":
        return cls(exchange, exchange.limit(name, per_second=per_second), time.monotonic())

    def arrivals(self, since: float = 0.0, until: float = float("inf")) -> Sequence[float]:
        at = sorted(request.at for request in list(self.exchange.requests))
        return at[bisect_left(at, max(since, self.since)) : bisect_left(at, until)]

    def share(self, since: float, until: float) -> float:
        """Of the limit that was used, in percent."""
        return 100 * len(self.arrivals(since, until)) / (until - since) / self.limit.per_second

    def judge(self, report: Report) -> None:
        """Whether ever a second saw one request too many."""
        at = self.arrivals()
        fullest = max(bisect_left(at, one + 1) - place for place, one in enumerate(at))
        report.counts["requests"] += len(at)
        report.at_most("requests in the fullest second", fullest, self.limit.per_second)
        report.at_most("requests refused", self.limit.refused, 0)
