"""Lists that are loaded from outside, as rows: asked for by anyone, loaded by one worker at a time, never lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from domain.database import connection
from domain.storage.job_status import is_free
from domain.telemetry.traces import handed_on


@dataclass(frozen=True, slots=True)
class Turn:
    """A worker's turn at a load. All turns from one asking to its end have the same `edition`."""

    subject: str
    edition: int
    page: int
    failures_in_row: int


class LoadPush(NamedTuple):
    """What tells a worker of a load, and to which trace that belongs."""

    subject: str
    traceparent: str | None


_ASK: Final = """
INSERT INTO catalog_loads (subject, is_open, asked_at, traceparent)
SELECT s, TRUE, $2, $4 FROM unnest($1::text[]) AS s
ON CONFLICT (subject) DO UPDATE
SET is_open = TRUE, asked_at = excluded.asked_at, edition = catalog_loads.edition + 1, page = 1, failures_in_row = 0,
    run_after = NULL, pushed_at = NULL, leased_until = NULL, traceparent = excluded.traceparent, updated_at = now()
WHERE NOT catalog_loads.is_open AND ($3::timestamptz IS NULL OR catalog_loads.asked_at <= $3)
RETURNING subject
"""


async def ask(subjects: Sequence[str], *, now: datetime, unasked_since: datetime | None = None) -> list[str]:
    """Opens loads, save those that are open already or were asked for after `unasked_since`; those it opened."""
    asked = (list(subjects), now, unasked_since, handed_on().get("traceparent"))
    async with connection() as db:
        return [row["subject"] for row in await db.fetch(_ASK, *asked)]


_TAKE: Final = f"""
UPDATE catalog_loads SET leased_until = $3, updated_at = now()
WHERE subject = $1 AND is_open AND {is_free("$2")}
RETURNING subject, edition, page, failures_in_row
"""


async def take(subject: str, *, now: datetime, until: datetime) -> Turn | None:
    """The load, for one worker alone until an instant; None where it is done, put off or another's."""
    async with connection() as db:
        row = await db.fetchrow(_TAKE, subject, now, until)
    return Turn(**row) if row else None


_MOVE_ON: Final = """
UPDATE catalog_loads SET page = $3, failures_in_row = 0, updated_at = now() WHERE subject = $1 AND edition = $2
"""


async def move_on(turn: Turn, page: int) -> None:
    """Remembers that everything before a page is loaded."""
    async with connection() as db:
        await db.execute(_MOVE_ON, turn.subject, turn.edition, page)


_PUT_OFF: Final = """
UPDATE catalog_loads
SET run_after = $3, leased_until = NULL, failures_in_row = failures_in_row + $4::int, updated_at = now()
WHERE subject = $1 AND edition = $2
"""


async def put_off(turn: Turn, until: datetime, *, is_failure: bool = False) -> None:
    """Gives the load back, to be taken again from an instant on."""
    async with connection() as db:
        await db.execute(_PUT_OFF, turn.subject, turn.edition, until, int(is_failure))


_END: Final = """
UPDATE catalog_loads
SET is_open = FALSE, leased_until = NULL, loaded_at = coalesce($3, loaded_at), updated_at = now()
WHERE subject = $1 AND edition = $2
"""


async def end(turn: Turn, *, loaded_at: datetime | None) -> None:
    """Closes the load: `loaded_at` is None where it was given up."""
    async with connection() as db:
        await db.execute(_END, turn.subject, turn.edition, loaded_at)


_PUSH_DUE: Final = f"""
UPDATE catalog_loads SET pushed_at = $1
WHERE is_open AND {is_free("$1")}
    AND (pushed_at IS NULL OR pushed_at <= $2 OR pushed_at <= leased_until)
RETURNING subject, traceparent
"""


async def due(*, now: datetime, unpushed_since: datetime) -> list[LoadPush]:
    """Open loads that no worker holds and nobody pushed lately; marks them as pushed now."""
    async with connection() as db:
        return [LoadPush(*row) for row in await db.fetch(_PUSH_DUE, now, unpushed_since)]


_PUSHED: Final = """
UPDATE catalog_loads SET pushed_at = $2 WHERE subject = ANY($1::text[]) RETURNING subject, traceparent
"""


async def mark_pushed(subjects: Sequence[str], at: datetime | None) -> list[LoadPush]:
    """Remembers that the loads are in the queue from that time on, or with None that they are not."""
    async with connection() as db:
        return [LoadPush(*row) for row in await db.fetch(_PUSHED, list(subjects), at)]
