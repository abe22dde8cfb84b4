"""Storing pages: candles, ledger and progress in one transaction, so that a crash leaves no lie behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from domain.candle import Row
from domain.candle_source import SourceError
from domain.database import transaction
from domain.storage import candles, leases, ledger
from domain.storage.leases import Lease, LeaseLostError, Progress
from domain.storage.provenance import Origin, Provenance
from domain.telemetry.metrics import CANDLES_REVISED, CANDLES_WRITTEN
from domain.telemetry.traces import Role, span
from domain.timerange import TimeRange


@dataclass(frozen=True, slots=True)
class Batch:
    """Pages that are committed together: the windows they answer, their rows, and the ranges they earned."""

    windows: Sequence[TimeRange]
    rows: Sequence[Row]
    earned: Sequence[TimeRange]
    listed_at: datetime | None
    progress: Progress


async def store(lease: Lease, batch: Batch, until: datetime) -> None:
    """Commits the pages and renews the lease.

    Raises LeaseLostError when the job is no longer ours, and a transient SourceError when PostgreSQL refuses a row.
    """
    with span(Role.STEP, "commit", {"candelabra.pages": len(batch.windows), "candelabra.candles": len(batch.rows)}):
        await _store_believed(lease, batch, until)


async def _store_believed(lease: Lease, batch: Batch, until: datetime) -> None:
    try:
        await _store(lease, batch, until, may_copy=True)
    except asyncpg.UniqueViolationError:
        await _store(lease, batch, until, may_copy=False)
    except (asyncpg.DataError, asyncpg.CheckViolationError) as error:
        told = f"{lease.exchange} sent candles of {lease.symbol} {lease.interval} that cannot be true: {error.args[0]}."
        raise SourceError("BAD_PAGE", told, is_transient=True) from error


async def _store(lease: Lease, batch: Batch, until: datetime, *, may_copy: bool) -> None:
    async with transaction() as db:
        await leases.hold(db, lease)
        pair = await ledger.lock(db, lease.pair_id, batch.windows)
        if pair is None:
            raise LeaseLostError
        write = candles.copy if may_copy and not pair.is_covered else candles.upsert
        written = await write(db, pair.series, batch.rows)
        await ledger.extend(db, lease.pair_id, batch.earned, batch.listed_at, _source(lease))
        await leases.advance(db, lease, written, batch.progress, until)
    CANDLES_WRITTEN.labels(lease.exchange).inc(written.added + written.revised)
    CANDLES_REVISED.labels(lease.exchange).inc(written.revised)


def _source(lease: Lease) -> Provenance:
    """Jobs of the schedule are forgotten, and there are too many of them to remember each here."""
    return Provenance(Origin.EXCHANGE, None if lease.is_scheduled else lease.job_id)
