"""Short versions of `make chaos`: parts are away, frozen or full, and the others make do without them."""

import pytest

from tests.chaos import outages, rush, valkey_outages
from tests.chaos.clients import Clients
from tests.chaos.outages import Outage
from tests.chaos.report import Report
from tests.chaos.stage import Stage

_SECONDS = 1.0


@pytest.mark.parametrize(
    "outage",
    [
        valkey_outages.without_valkey,
        valkey_outages.with_valkey_frozen,
        valkey_outages.with_valkey_full,
        outages.without_postgres,
        outages.with_postgres_stopped_at_once,
        outages.with_postgres_frozen,
        outages.with_everything_away_at_start,
        rush.with_all_connections_taken,
    ],
    ids=lambda outage: str(outage.__name__),
)
async def test_the_installation_gets_by_and_recovers(
    stage: Stage, clients: Clients, report: Report, outage: Outage
) -> None:
    """Without Valkey queries are answered and jobs accepted; without PostgreSQL every request is refused in time."""
    await outage(stage, clients, report, _SECONDS)
    report.check()
