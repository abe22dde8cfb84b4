"""Whether every job that is due gets a worker, and every pair its job."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from redis.exceptions import RedisError

from domain.file_outline import difference
from domain.heartbeat import live_files, live_workers
from domain.storage import stuck
from workers.doctor.finding import Finding, Repair, State
from workers.doctor.patient import Patient

_CHECK: Final = "jobs"

# Jobs that are told one by one.
_SHOWN: Final = 5


async def jobs(patient: Patient) -> AsyncIterator[Finding]:
    findings = [
        *await _workers(patient),
        *await _stuck_jobs(patient),
        *await _unscheduled(patient),
    ]
    for finding in findings or [Finding(_CHECK, State.OK, "Workers are alive, and nothing waits that is due.")]:
        yield finding


async def _workers(patient: Patient) -> list[Finding]:
    try:
        alive, files = await live_workers(patient.queue.redis), await live_files(patient.queue.redis)
    except (RedisError, OSError):
        return []  # the check of Redis tells
    if alive:
        return _differing(files)
    why = "Nothing is collected, and jobs wait."
    return [Finding(_CHECK, State.PROBLEM, "No worker is alive.", why, "Start one: `make worker`, or its container.")]


def _differing(files: Mapping[str, str]) -> list[Finding]:
    """Each worker that goes by another exchanges file than the first."""
    found = []
    for name, file in files.items():
        first = next(iter(files))
        if differs := difference(files[first], file):
            told = f"The exchanges file of the worker {name} {differs}, compared with that of {first}."
            why = "That of whoever started last decides what is collected; others' jobs can fail with UNKNOWN_EXCHANGE."
            found.append(Finding(_CHECK, State.PROBLEM, told, why, "Restart the workers with one and the same file."))
    return found


async def _stuck_jobs(patient: Patient) -> list[Finding]:
    found = await stuck.jobs(patient.clock())
    if not found:
        return []
    rest = f" And {len(found) - _SHOWN} more." if len(found) > _SHOWN else ""
    told = "; ".join(f"the job of {job.pair} {job.reason}" for job in found[:_SHOWN])
    why = "As long as a job is open, its pair gets no other."
    remedy = "`--repair` gives them to the workers anew; what they stored stays."
    repair = _requeue(patient, [job.id for job in found])
    return [Finding(_CHECK, State.PROBLEM, f"Stuck: {told}.{rest}", why, remedy, repair)]


def _requeue(patient: Patient, ids: Sequence[UUID]) -> Repair:
    async def requeue() -> str:
        await stuck.release(ids, patient.clock())
        await patient.queue.sync(ids)
        return f"{len(ids)} jobs are free for the taking, and pushed."

    return requeue


async def _unscheduled(patient: Patient) -> list[Finding]:
    found = await stuck.unscheduled(patient.clock())
    if not found:
        return []
    shown = ", ".join(name for _, name in found[:_SHOWN])
    rest = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    told = f"The schedule has lost sight of {shown}{rest}."
    why = "Their newest candles are not fetched."

    async def make_due() -> str:
        await stuck.schedule([pair_id for pair_id, _ in found], patient.clock())
        return f"{len(found)} pairs are due now."

    return [Finding(_CHECK, State.PROBLEM, told, why, "`--repair` makes them due.", make_due)]
