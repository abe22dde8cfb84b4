"""More requests than connections to PostgreSQL: who would wait for long is refused at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from tests.attacks.raw import Wire, post, wired
from tests.chaos.clients import Clients
from tests.chaos.parts import until
from tests.chaos.report import Report
from tests.chaos.stage import POOL_SIZE, RECOVERY_SECONDS, Answer, Stage
from tests.tardiness import Stopwatch

QUERIES: Final = 200

# Seconds in which those are refused that cannot be answered, and after which all is as before.
_REFUSAL_SECONDS: Final = 1.0
_CALM_SECONDS: Final = 2.0

_PAUSE: Final = 0.05


async def with_all_connections_taken(stage: Stage, _: Clients, report: Report, __: float) -> None:
    """Slow queries have every connection, and many more come at once; those that have one get their answer."""
    async with _connected(stage) as wires:
        async with stage.sql() as db, db.transaction():
            await db.execute("LOCK TABLE coins IN ACCESS EXCLUSIVE MODE")
            report.faults["slow queries beyond the pool"] += QUERIES
            clock = Stopwatch(stage.api.pid)
            asked = [asyncio.create_task(_asked(wire, number, clock)) for number, wire in enumerate(wires)]
            while sum(not one.done() for one in asked) > POOL_SIZE:  # noqa: ASYNC110  # of many tasks, all but a few
                await asyncio.sleep(_PAUSE)
        took = await until(stage.is_answering, "answers", RECOVERY_SECONDS)
        answers = await asyncio.gather(*asked)
    refused = [answer for answer in answers if answer.code]
    report.at_least("queries refused", len(refused), QUERIES - POOL_SIZE)
    report.at_least("codes of the refusals", {answer.code for answer in refused} == {"OVERLOADED"}, 1)
    slowest = max((answer.seconds for answer in refused), default=0)
    report.at_most("slowest refusal in the rush", slowest, _REFUSAL_SECONDS, "s")
    report.at_least("queries answered", len(answers) - len(refused), POOL_SIZE)
    report.at_most("queries answered after the rush", took, _CALM_SECONDS, "s")


@asynccontextmanager
async def _connected(stage: Stage) -> AsyncIterator[list[Wire]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(wired(stage.api.url)) for _ in range(QUERIES)]


async def _asked(wire: Wire, number: int, clock: Stopwatch) -> Answer:
    """Each another query: who asks for the same shares a connection."""
    query = json.dumps({"query": f"{{ coins(first: {number}) {{ totalCount }} }}"})
    body = json.loads(await wire.exchange(post(query.encode())))
    errors = body.get("errors")
    return Answer(clock.seconds, body.get("data"), errors[0]["extensions"]["code"] if errors else None, str(body))
