"""What statements ask of jobs again and again, in SQL."""

from typing import Final

from domain.models import SyncStatus

OPEN: Final = f"({', '.join(str(status) for status in SyncStatus if status.is_open)})"
"""What the status of a sync job is among as long as it has not ended; as the partial indexes have it."""


def is_free(now: str) -> str:
    """Whether an open job or load may be taken: not put off, and in nobody's hands at that SQL expression's instant."""
    return f"(run_after IS NULL OR run_after <= {now}) AND (leased_until IS NULL OR leased_until <= {now})"
