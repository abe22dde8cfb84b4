"""How a pair's collection stands, in SQL.

The column `status` tells what jobs know: that one is at work (1), or that the last one failed (4). Otherwise, whatever
it says, the ledger decides.
"""

from typing import Final

# Seconds after its close within which a pair's newest candle may be stored before the pair counts as stale.
_LATEST_SECONDS: Final = 180

# Seconds to each minute of a timeframe's nominal length: no month or year is longer by more than that.
_LONGEST_MINUTE: Final = 62


def standing(now: str) -> str:
    """The status of pair `p` with timeframe `t` at an instant, which is an SQL expression, too."""
    patience = f"make_interval(secs => t.minutes * {_LONGEST_MINUTE} + {_LATEST_SECONDS})"
    return f"""
    CASE
        WHEN p.status IN (1, 4) THEN p.status
        WHEN isempty(p.covered) THEN 0
        WHEN upper(p.covered) + {patience} < {now} THEN 3
        ELSE 2
    END
    """


# What jobs know of pair `p` when none is at work any more: whether the last that was not cancelled failed.
AT_REST: Final = """
CASE (
    SELECT j.status FROM sync_jobs AS j WHERE j.pair_id = p.id AND j.status IN (2, 3)
    ORDER BY j.created_at DESC LIMIT 1
) WHEN 3 THEN 4 ELSE 2 END
"""
