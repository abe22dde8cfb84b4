"""What schemathesis, which imports this by itself, is told of us: what words mean, and what no client may cause.

`FUZZ_WORDS` is JSON, words by the name of the argument that they are for. `FUZZ_TALLY` names the file that is told how
each answer came out.
"""

import json
import os
from pathlib import Path
from random import Random
from typing import Any, Final

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

# As queries and mutations may be wrong; for all other codes there has to be an outage, or a mistake of ours.
_REFUSALS: Final = {"BAD_USER_INPUT", "NOT_FOUND", "CONFLICT", "QUERY_TOO_COSTLY"}

_INTERVALS: Final = ("1m", "3m", "5m", "1h", "1d", "1w", "1M")
_WRONG_INTERVALS: Final = ("2m", "1s", "0m", "-1m", "99999999999m", "1M ", "")
_INSTANTS: Final = (
    "2024-03-01T00:00:00Z",
    "2024-03-01T06:00:00.5+05:30",
    "2024-03-01T01:00:00Z",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
)
_WRONG_INSTANTS: Final = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-12:00",
    "2024-02-30T00:00:00Z",
    "2024-03-01T00:00:00",
    "now",
)
_WRONG_IN: Final = 12

# One wrong argument is enough for a refusal, and a query has many.
_KNOWN_SHARE: Final = 0.95


def _mostly(known: tuple[str, ...], wrong: tuple[str, ...]) -> st.SearchStrategy[graphql.ValueNode]:
    rule, exception = st.sampled_from(known), st.sampled_from(wrong) | st.text(max_size=200)
    drawn = st.integers(1, _WRONG_IN).flatmap(lambda number: exception if number == _WRONG_IN else rule)
    return drawn.map(nodes.String)


schemathesis.graphql.scalar("Interval", _mostly(_INTERVALS, _WRONG_INTERVALS))
schemathesis.graphql.scalar("DateTime", _mostly(_INSTANTS, _WRONG_INSTANTS))


class _KnownWords(graphql.Visitor):
    """Writes them into a document, where arguments and fields of input objects have their names."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self._words: dict[str, list[Any]] = json.loads(os.environ["FUZZ_WORDS"])

    def enter_argument(self, node: Any, *_: object) -> Any:
        return self._known(node)

    def enter_object_field(self, node: Any, *_: object) -> Any:
        return self._known(node)

    def _known(self, node: Any) -> Any:
        words = self._words.get(node.name.value)
        if words is None or self._random.random() > _KNOWN_SHARE:
            return None
        value = graphql.parse_value(json.dumps(self._random.choice(words)))
        return type(node)(name=node.name, value=value)


@schemathesis.hook
def flatmap_body(_: schemathesis.HookContext, body: graphql.DocumentNode) -> st.SearchStrategy[graphql.DocumentNode]:
    return st.randoms(use_true_random=True).map(lambda random: graphql.visit(body, _KnownWords(random)))


@schemathesis.check
def answered_or_refused(
    _: schemathesis.CheckContext, response: schemathesis.Response, case: "schemathesis.Case[Any]"
) -> None:
    """As a client's own doing, whatever it asked for."""
    answer = response.json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    with Path(os.environ["FUZZ_TALLY"]).open("a") as tally:
        tally.write(f"{case.operation.label} {','.join(sorted(codes)) or 'OK'}\n")
    assert response.status_code == 200, response.status_code
    assert codes <= _REFUSALS, answer
    assert codes or answer["data"] is not None, answer
