"""Queries and mutations that schemathesis makes of the schema, at random.

`make fuzz` asks five hundred times an operation with five seeds; else a few seconds are enough.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import build_schema

from api.schema import sdl
from domain.settings import Settings
from tests import factories
from tests.api.process import Process
from tests.clients.conftest import HERE

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "5"))
SEEDS: Final = os.environ.get("FUZZ_SEEDS", "1").split()

_SLOWEST_ANSWER_SECONDS: Final = 2

Words = dict[str, list[Any]]


@pytest.fixture
async def words(settings: Settings) -> Words:
    """What means something in an installation with two pairs and a job, by name of the argument."""
    pair = await factories.pair()
    await factories.history(pair, 60)
    other = await factories.pair("ETH/USDT", "1h")
    job = await factories.job(pair)
    counts = [0, 1, 2, 3, 60, 500]
    symbols = [pair.symbol, other.symbol]
    return {
        "exchange": ["binance"],
        "symbol": [*symbols, "BTC"],
        "symbols": [symbols, ["NEW/USDT"], ["NEW/USDT:USDT", "A/B"]],
        "search": ["b", "USDT", "%", "_", "\\", "'", "\0"],
        "id": [str(each) for each in (pair.id, pair.coin.id, pair.exchange.id, job.id)],
        "pairId": [str(pair.id)],
        "name": ["binance"],
        "isActive": [True],
        "idempotencyKey": ["once", "twice", None],
        "after": [None],
        "before": [None],
        **dict.fromkeys(("first", "limit"), counts),
        "last": [None],
    }


@pytest.mark.timeout(3_600 if EXAMPLES > 100 else 300)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_can_be_asked_breaks_the_api(
    development: Process, words: Words, tmp_path: Path, seed: str
) -> None:
    """Every answer comes in time, and is one, or says in a code what the client did."""
    ended, tally = fuzz(development, words, tmp_path, seed)

    assert ended.returncode == 0, ended.stdout
    counts = [f"{count:6} {label} {told}" for (label, told), count in sorted(tally.items())]
    sys.stdout.write("\n".join([f"seed {seed}", *counts, ""]))
    assert {label for label, _ in tally} == operations()
    assert len({label for label, outcome in tally if outcome == "OK"}) > len(operations()) / 2


def operations() -> set[str]:
    """All that can be asked once, as schemathesis names them."""
    schema = build_schema(sdl())
    roots = filter(None, (schema.query_type, schema.mutation_type))
    return {f"{root.name}.{name}" for root in roots for name in root.fields}


def fuzz(
    process: Process, words: Words, folder: Path, seed: str
) -> tuple["subprocess.CompletedProcess[str]", Counter[tuple[str, str]]]:
    """How it ended, and how often each operation was answered in which way."""
    tally = folder / "tally"
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        f"{process.url}/graphql",
        f"--seed={seed}",
        f"--max-examples={EXAMPLES}",
        f"--max-response-time={_SLOWEST_ANSWER_SECONDS}",
        "--checks=answered_or_refused",
        "--continue-on-failure",
        "--no-color",
    ]
    hooks = {"SCHEMATHESIS_HOOKS": str(HERE / "fuzz_hooks.py")}
    settings = {**hooks, "FUZZ_WORDS": json.dumps(words), "FUZZ_TALLY": str(tally)}
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    lines = (line.split() for line in tally.read_text().splitlines())
    return ended, Counter((label, outcome) for label, outcome in lines)
