"""Who takes turns at being asked, and is only believed when it answers rightly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Generic, TypeVar

import orjson

from tests.bench.errors import BenchError
from tests.bench.reads.load import CONNECTIONS, Turn, ask_for, fetch
from tests.bench.rounds import Round

Topic = TypeVar("Topic")

_SHOWN_BYTES: Final = 400


@dataclass(frozen=True)
class Contender(Generic[Topic]):
    """`topics` are asked for one after the other; `answer` finds in an answer's JSON what must equal `expected`."""

    name: str
    port: int
    topics: Iterator[Topic]
    request: Callable[[Topic], bytes]
    answer: Callable[[Any], object]
    expected: Callable[[Topic], object]
    seconds: float
    measure: Callable[[Turn], float] = lambda turn: turn.seconds_an_answer
    connections: int = CONNECTIONS
    most: int | None = None  # requests of a turn

    def run(self) -> Round:
        self._check(next(self.topics))
        requests = map(self.request, islice(self.topics, self.most))
        turn = ask_for(self.port, requests, seconds=self.seconds, connections=self.connections)
        return {self.name: self.measure(turn)}

    def _check(self, topic: Topic) -> None:
        body = fetch(self.port, self.request(topic))
        try:
            answer = self.answer(orjson.loads(body))
        except (ValueError, LookupError, TypeError) as error:
            raise BenchError(f"{self.name} did not answer as it should: {body[:_SHOWN_BYTES]!r}") from error
        if answer != self.expected(topic):
            raise BenchError(f"{self.name} answered wrongly about {topic}: {body[:_SHOWN_BYTES]!r}")
