"""What Candelabra counts. Whoever does something counts it here; `exposition` shows it.

The labels are bounded: exchanges of this installation, codes, kinds and states of ours, fields of the schema; never
what a client sent. `announce` makes series exist before anything has happened, so that a rate has a beginning.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from domain.models import SyncKind, SyncStatus

# Seconds. A query takes a millisecond where its page is remembered, and is given up after some seconds.
_QUERY_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_EXCHANGE_SECONDS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LAG_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class ReplicaRead(StrEnum):
    """The primary answered where the replica did not know enough, or not at all."""

    ANSWERED = "answered"
    BEHIND = "behind"
    AWAY = "away"


HTTP_REQUESTS: Final = Counter("candelabra_http_requests", "Requests answered", ["path", "status"])
GRAPHQL_DURATION: Final = Histogram(
    "candelabra_graphql_duration_seconds",
    "Time to execute an operation, or an event of a subscription, by root field",
    ["kind", "operation"],
    buckets=_QUERY_SECONDS,
)
GRAPHQL_COST: Final = Counter(
    "candelabra_graphql_cost", "Cost of operations (candles times fields), by root field", ["kind", "operation"]
)
GRAPHQL_ERRORS: Final = Counter("candelabra_graphql_errors", "Errors that clients were told, by code", ["code"])

CACHE_HITS: Final = Counter("candelabra_cache_hits", "Pages of candles, or whole answers, found in a cache", ["cache"])
CACHE_MISSES: Final = Counter(
    "candelabra_cache_misses", "Pages of candles, or whole answers, not found in a cache", ["cache"]
)

CANDLES_WRITTEN: Final = Counter("candelabra_candles_written", "Candles stored, new or revised", ["exchange"])
CANDLES_REVISED: Final = Counter("candelabra_candles_revised", "Stored candles that the exchange changed", ["exchange"])
JOBS_ENDED: Final = Counter("candelabra_jobs_ended", "Sync jobs that a worker ended", ["kind", "status"])

EXCHANGE_REQUESTS: Final = Counter("candelabra_exchange_requests", "Requests sent to an exchange", ["exchange"])
EXCHANGE_DURATION: Final = Histogram(
    "candelabra_exchange_duration_seconds",
    "Time that an exchange took to answer",
    ["exchange"],
    buckets=_EXCHANGE_SECONDS,
)
EXCHANGE_ERRORS: Final = Counter(
    "candelabra_exchange_errors", "Answers of an exchange that were none, by code", ["exchange", "code"]
)
EXCHANGE_WAITS: Final = Counter(
    "candelabra_exchange_wait_seconds", "Time that requests waited for the budget of an exchange", ["exchange"]
)
EXCHANGE_BANS: Final = Counter("candelabra_exchange_bans", "Times that an exchange sent us away", ["exchange"])

POOL_CONNECTIONS: Final = Gauge(
    "candelabra_pool_connections",
    "Connections to PostgreSQL by state; free ones need not be open yet",
    ["process", "state"],
    multiprocess_mode="livesum",
)
POOL_REFUSALS: Final = Counter("candelabra_pool_refusals", "Times that no connection to PostgreSQL became free in time")
LOOP_LAG: Final = Histogram(
    "candelabra_event_loop_lag_seconds",
    "How much later than it was due a timer of the event loop ran",
    ["process"],
    buckets=_LAG_SECONDS,
)

REPLICA_READS: Final = Counter(
    "candelabra_replica_reads", "Reads of candles that the replica was asked for, by what came of it", ["outcome"]
)

_CACHES: Final = ("memory", "redis", "answers")
_ENDS: Final = (SyncStatus.SUCCEEDED, SyncStatus.FAILED)


def announce(exchanges: Iterable[str]) -> None:
    """Makes the series exist that need no more than the names of the exchanges."""
    for cache in _CACHES:
        CACHE_HITS.labels(cache)
        CACHE_MISSES.labels(cache)
    for outcome in ReplicaRead:
        REPLICA_READS.labels(outcome)
    for kind in SyncKind:
        for status in _ENDS:
            JOBS_ENDED.labels(kind.name, status.name)
    for exchange in exchanges:
        for metric in (CANDLES_WRITTEN, CANDLES_REVISED, EXCHANGE_REQUESTS, EXCHANGE_WAITS, EXCHANGE_BANS):
            metric.labels(exchange)
        EXCHANGE_DURATION.labels(exchange)
        EXCHANGE_ERRORS.labels(exchange, "EXCHANGE_UNAVAILABLE")
