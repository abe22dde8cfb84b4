"""How far a job has come, measured in the time ranges that it set out to cover."""

from datetime import datetime

from domain.models import SyncStatus
from domain.records import SyncJob


def percent(job: SyncJob) -> float:
    """0 to 100; 0 until the job has been planned."""
    if job.status is SyncStatus.SUCCEEDED:
        return 100.0
    if not job.seconds_planned:
        return 0.0
    share: float = job.seconds_done / job.seconds_planned
    return min(100.0, 100 * share)


def eta_seconds(job: SyncJob, now: datetime) -> float | None:
    """Seconds until the job is done if it goes on as it went; None where that cannot be told."""
    if job.status is not SyncStatus.RUNNING or not (job.started_at and job.seconds_planned and job.seconds_done):
        return None
    spent = max(0.0, (now - job.started_at).total_seconds())
    rest: float = (job.seconds_planned - job.seconds_done) / job.seconds_done
    return spent * rest
