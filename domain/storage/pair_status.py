"""How a pair's collection stands, in SQL.

The column `status` tells what jobs know: that one is at work, or that the last one failed. Otherwise, whatever it says,
the ledger decides.
"""

from typing import Final

from domain.models import PairStatus, SyncStatus

# Seconds after its close within which a pair's newest candle may be stored before the pair counts as stale.
_LATEST_SECONDS: Final = 180

# Seconds to each minute of a timeframe's nominal length: no month or year is longer by more than that.
_SECONDS_A_MINUTE: Final = 62


def status_at(now: str) -> str:
    """The status of pair `p` with timeframe `t` at an instant, which is an SQL expression, too."""
    patience = f"make_interval(secs => t.minutes * {_SECONDS_A_MINUTE} + {_LATEST_SECONDS})"
    return f"""
    CASE
        WHEN p.status IN ({PairStatus.SYNCING}, {PairStatus.FAILED}) THEN p.status
        WHEN isempty(p.covered) THEN {PairStatus.PENDING}
        WHEN upper(p.covered) + {patience} < {now} THEN {PairStatus.STALE}
        ELSE {PairStatus.SYNCED}
    END
    """


# What jobs know of pair `p` when none is at work any more: whether the last that was not cancelled failed.
AT_REST: Final = f"""
CASE (
    SELECT j.status FROM sync_jobs AS j
    WHERE j.pair_id = p.id AND j.status IN ({SyncStatus.SUCCEEDED}, {SyncStatus.FAILED})
    ORDER BY j.created_at DESC LIMIT 1
) WHEN {SyncStatus.FAILED} THEN {PairStatus.FAILED} ELSE {PairStatus.SYNCED} END
"""
