"""Whether the tables are those of this version."""

from collections.abc import AsyncIterator

from domain.migrate import LOCATION, pending
from domain.storage import drift
from workers.doctor.finding import Finding, State
from workers.doctor.patient import Patient

_CHECK = "schema"


async def schema(patient: Patient) -> AsyncIterator[Finding]:
    """Raises UnreachableError."""
    if missing := await pending(patient.settings):
        found = f"{len(missing)} migrations are not applied, {missing[0]} first."
        why = "API and workers do not start on an older schema."
        yield Finding(_CHECK, State.PROBLEM, found, why, "Run `python -m domain.migrate`.")
        return
    differences = await drift.differences()
    for difference in differences:
        why = "Statements, counts or the ledger rely on it."
        remedy = "Undo what changed it by hand, or restore a backup into a new database."
        yield Finding(_CHECK, State.PROBLEM, f"By hand or by a restore gone wrong, {difference}.", why, remedy)
    if not differences:
        count = len(list((LOCATION / "domain").glob("[0-9]*.py")))
        told = f"All {count} migrations are applied; tables, triggers, checks and indexes are as this version has them."
        yield Finding(_CHECK, State.OK, told)
