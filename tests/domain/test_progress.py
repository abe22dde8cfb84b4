"""How far a job has come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import progress
from domain.models import SyncStatus
from domain.records import SyncJob

NOW = datetime(2024, 3, 1, tzinfo=UTC)


def job(status: SyncStatus = SyncStatus.RUNNING, **values: Any) -> SyncJob:
    unknown: dict[str, Any] = dict.fromkeys(SyncJob._fields)
    defaults = {"status": status, "seconds_done": 0, "started_at": NOW - timedelta(seconds=60)}
    return SyncJob(**{**unknown, **defaults, **values})


@pytest.mark.parametrize(
    ("made", "percent"),
    [
        (job(SyncStatus.QUEUED), 0.0),
        (job(seconds_planned=0), 0.0),
        (job(seconds_planned=200, seconds_done=50), 25.0),
        (job(seconds_planned=200, seconds_done=500), 100.0),
        (job(SyncStatus.SUCCEEDED), 100.0),
        (job(SyncStatus.CANCELLED, seconds_planned=200, seconds_done=50), 25.0),
        (job(SyncStatus.FAILED), 0.0),
    ],
)
def test_percent_is_the_share_of_what_was_planned(made: SyncJob, percent: float) -> None:
    """A job that succeeded is done, also where nothing was to be done."""
    assert progress.percent(made) == percent


@pytest.mark.parametrize(
    ("made", "eta"),
    [
        (job(seconds_planned=200, seconds_done=50), 180.0),
        (job(seconds_planned=200, seconds_done=200), 0.0),
        (job(seconds_planned=200, seconds_done=50, started_at=NOW + timedelta(seconds=5)), 0.0),
        (job(seconds_planned=200), None),
        (job(), None),
        (job(SyncStatus.SUCCEEDED, seconds_planned=200, seconds_done=50), None),
        (job(SyncStatus.QUEUED), None),
    ],
)
def test_the_rest_takes_as_long_as_the_start_did(made: SyncJob, eta: float | None) -> None:
    """Only of a running job that has got somewhere can it be told; clocks may differ a little."""
    assert progress.eta_seconds(made, NOW) == eta
