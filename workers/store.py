"""Storing pages: candles, ledger and progress in one transaction, so that a crash leaves no lie behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from domain.candle import Page
from domain.database import Connection, transaction
from domain.source import SourceError
from domain.storage import candles, leases, ledger
from domain.storage.candles import Written
from domain.storage.leases import Lease, LeaseLostError, Progress
from domain.timerange import TimeRange


@dataclass(frozen=True, slots=True)
class EarnedPage:
    """A page with the window that it answers and what it cost to get."""

    window: TimeRange
    page: Page
    progress: Progress


async def store(lease: Lease, pages: Sequence[EarnedPage], until: datetime) -> None:
    """Commits the pages and renews the lease.

    Raises LeaseLostError when the job is no longer ours, and a transient SourceError when PostgreSQL refuses a row.
    """
    try:
        await _store(lease, pages, until, is_new=True)
    except asyncpg.UniqueViolationError:
        await _store(lease, pages, until, is_new=False)
    except (asyncpg.DataError, asyncpg.CheckViolationError) as error:
        raise _refused(lease, error) from error


def _refused(lease: Lease, error: asyncpg.PostgresError) -> SourceError:
    told = f"{lease.exchange} sent candles of {lease.symbol} {lease.interval} that cannot be true: {error.args[0]}."
    return SourceError("BAD_PAGE", told, is_transient=True)


async def _store(lease: Lease, pages: Sequence[EarnedPage], until: datetime, *, is_new: bool) -> None:
    async with transaction() as db:
        for item in pages:
            written = await _write(db, lease, item, is_new=is_new)
            await ledger.extend(db, lease.pair_id, item.page.earned, item.page.listed_at)
            await leases.advance(db, lease, written, item.progress, until)


async def _write(db: Connection, lease: Lease, item: EarnedPage, *, is_new: bool) -> Written:
    pair = await ledger.lock(db, lease.pair_id, item.window)
    if pair is None:
        raise LeaseLostError
    if is_new and not pair.is_covered:
        return await candles.copy(db, pair.series, item.page.rows)
    return await candles.upsert(db, pair.series, item.page.rows)
