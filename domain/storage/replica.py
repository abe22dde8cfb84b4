"""Where candles are read: on the replica where there is one that knows enough, else on the primary.

A pair's row has a version that every write of its candles or coverage raises in the same transaction, and whoever asks
for candles has read it on the primary. A replica where the row has that version, or a later one, has replayed all that
the question can know of.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeAlias, TypeVar

from domain.database import connection, replica
from domain.postgres.connect import Connection
from domain.postgres.replica import ReplicaAwayError, ReplicaClient
from domain.records import SeriesVersion
from domain.telemetry.metrics import REPLICA_READS, ReplicaRead

Answer = TypeVar("Answer")
Question: TypeAlias = Callable[[Connection], Awaitable[Answer]]


# A replica that was promoted goes its own way from there.
_KNOWS_ENOUGH: Final = """
SELECT pg_is_in_recovery() AND count(p.series) = cardinality($1::int[])
FROM unnest($1::int[], $2::bigint[]) AS known (series, version)
JOIN coin_exchanges AS p ON p.series = known.series AND p.version >= known.version
"""


async def first(known: Collection[SeriesVersion], question: Question[Answer]) -> Answer:
    """The answer to a question about candles of these series that is not older than what is known of them."""
    there = replica()
    answers = await _answers(there, known, question) if there else []
    for answer in answers:
        return answer
    async with connection() as db:
        return await question(db)


async def _answers(there: ReplicaClient, known: Collection[SeriesVersion], question: Question[Answer]) -> list[Answer]:
    """The replica's, or none."""

    async def informed(db: Connection) -> list[Answer]:
        knows_enough = await db.fetchval(_KNOWS_ENOUGH, *zip(*known, strict=True)) if known else False
        return [await question(db)] if knows_enough else []

    try:
        found = await there.ask(informed)
    except ReplicaAwayError:
        REPLICA_READS.labels(ReplicaRead.AWAY).inc()
        return []
    REPLICA_READS.labels(ReplicaRead.ANSWERED if found else ReplicaRead.BEHIND).inc()
    return found
