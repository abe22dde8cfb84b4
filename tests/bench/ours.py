"""Candelabra: a mutation over HTTP, the queue, a worker, PostgreSQL."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, Self

from tests.bench.errors import BenchError
from tests.bench.exchange import symbol
from tests.bench.graphql import GraphQL
from tests.bench.installation import EXCHANGE
from tests.bench.rounds import Round
from tests.bench.served import ServedExchange
from tests.bench.span import PAGE, Span

OURS: Final = "Candelabra"

# Seconds between looks at the job, which tells itself when it ended: looking more often takes time from it.
_POLL_SECONDS: Final = 0.1
_LONGEST: Final = 300.0  # seconds for a job

_ADD: Final = """
mutation ($exchange: String!, $symbol: String!) {
  addPairs(input: {exchange: $exchange, symbols: [$symbol], intervals: ["1m"]}) { pairs { id } }
}
"""
# The schedule would fetch what has closed since, in the midst of another contestant's turn.
_SWITCH_OFF: Final = """
mutation ($pair: ID!) { setPairActive(input: {id: $pair, isActive: false}) { pair { isActive } } }
"""
_SYNC: Final = """
mutation ($pair: ID!, $from: DateTime!, $to: DateTime!) {
  syncPair(input: {pairId: $pair, kind: RANGE, from: $from, to: $to}) { job { id } }
}
"""
_JOB: Final = """
query ($id: ID!) { syncJob(id: $id) { status finishedAt error { message } progress { candlesWritten } } }
"""


@dataclass
class Ours:
    """Each round syncs another symbol, so that nothing is covered; `requests` counts those of each round."""

    api: GraphQL
    exchange: ServedExchange
    span: Span
    requests: list[int] = field(default_factory=list)
    symbols: Iterator[int] = field(default_factory=count)

    def run(self) -> Round:
        """From before the mutation is sent until the worker says that the job has ended."""
        pair = self._new_pair()
        self.exchange.seen()
        start = datetime.now(UTC)
        times = {"from": self.span.start.isoformat(), "to": self.span.end.isoformat()}
        job = self.api.ask(_SYNC, pair=pair, **times)["syncPair"]["job"]["id"]
        outcome = self._outcome(job)
        self.requests.append(self.exchange.seen().total())
        return {OURS: (datetime.fromisoformat(outcome["finishedAt"]) - start).total_seconds()}

    def warm(self) -> None:
        """Syncs a page, after which the worker knows the exchange's markets."""
        self.of(Span(PAGE)).run()

    def of(self, span: Span) -> Self:
        """The same for other work."""
        return replace(self, span=span, requests=[])

    def _new_pair(self) -> str:
        added = self.api.ask(_ADD, exchange=EXCHANGE, symbol=symbol(next(self.symbols)))
        pair: str = added["addPairs"]["pairs"][0]["id"]
        self.api.ask(_SWITCH_OFF, pair=pair)
        return pair

    def _outcome(self, job: str) -> Any:
        """The job once it has ended; raises BenchError unless it has stored every candle."""
        deadline = time.monotonic() + _LONGEST
        while (outcome := self.api.ask(_JOB, id=job)["syncJob"])["status"] in {"QUEUED", "RUNNING"}:
            if time.monotonic() > deadline:
                raise BenchError(f"{self.span.candles} candles were not stored within {_LONGEST:.0f} s.")
            time.sleep(_POLL_SECONDS)
        written = outcome["progress"]["candlesWritten"]
        if outcome["status"] != "SUCCEEDED" or written != self.span.candles:
            raise BenchError(f"{written} of {self.span.candles} candles were stored: {outcome}.")
        return outcome
