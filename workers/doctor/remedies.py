"""Setting a pair's ledger right: claims are taken back, and the exchange is asked."""

from collections.abc import Sequence

from domain.models import SyncKind
from domain.storage import audit, jobs
from domain.storage.audit import Holding
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from workers.doctor.finding import Repair
from workers.doctor.patient import Patient

_ASKER = "doctor"


def cut(patient: Patient, holding: Holding) -> Repair:
    async def do() -> str:
        end = holding.interval.floor(patient.clock())
        await audit.cut(holding, end)
        return f"{holding}: nothing is covered from {end} on."

    return do


def recount(holding: Holding) -> Repair:
    async def do() -> str:
        await audit.recount(holding)
        return f"{holding}: counted anew."

    return do


def refetch_silence(patient: Patient, holding: Holding) -> Repair:
    async def do() -> str:
        silence = await audit.uncover_silence(holding)
        await audit.recount(holding)
        if silence is None:
            return f"{holding}: counted anew; no covered slot is empty, so none is to be fetched."
        return await _ask(patient, holding, silence)

    return do


def refetch(patient: Patient, holding: Holding, span: TimeRange) -> Repair:
    async def do() -> str:
        await audit.forget_later_listing(holding.pair_id, span.start)
        return await _ask(patient, holding, span)

    return do


def uncover(patient: Patient, holding: Holding, ranges: Sequence[TimeRange]) -> Repair:
    async def do() -> str:
        await audit.uncover(holding.pair_id, ranges)
        return await _ask(patient, holding, TimeRange(ranges[0].start, ranges[-1].end))

    return do


async def _ask(patient: Patient, holding: Holding, span: TimeRange) -> str:
    """A job for what is not covered of the span: the exchange has the last word."""
    wish = JobRequest(SyncKind.RANGE, span.start, span.end, requested_by=_ASKER)
    [asked] = await jobs.ask([holding.pair_id], wish)
    await patient.queue.sync([asked.id])
    if asked.is_new:
        return f"{holding}: job {asked.id} asks the exchange for what is not covered from {span.start} to {span.end}."
    return f"{holding}: its open job {asked.id} goes first; a REPAIR fetches what it leaves, tonight at the latest."
