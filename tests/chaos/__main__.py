"""`python -m tests.chaos [--seed N] [--minutes M] [NAME …]`: the long versions of the tests here."""

import asyncio
import random
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Final

from ops.local.terminal import complain, say
from tests.chaos import faults, fleet, kills, live, outages, restarts, schedule, soak, stops, upgrades
from tests.chaos.report import Report, Scenario

SCENARIOS: Final[Mapping[str, Scenario]] = {
    "faults": faults.run,
    "kills": kills.run,
    "outages": outages.run,
    "stops": stops.run,
    "restarts": restarts.run,
    "upgrades": upgrades.run,
    "fleet": fleet.run,
    "schedule": schedule.run,
    "live": live.run,
    "soak": soak.run,
}
_MINUTES: Final = 3.0  # a scenario


def main() -> int:
    options = _options()
    failures = [name for name in options.names or SCENARIOS if not _passes(name, options)]
    if failures:
        complain(f"Broken: {', '.join(failures)}. The same again: make chaos CHAOS='--seed {options.seed}'")
    return 1 if failures else 0


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.chaos", description="Breaks everything that can break.")
    names = f"of {', '.join(SCENARIOS)}; all of them where none is named"
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *SCENARIOS], help=names)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31), help="repeats what a run drew by lot")
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="that each scenario takes, about")
    return parser.parse_args()


def _passes(name: str, options: Namespace) -> bool:
    report: Report = asyncio.run(_run(SCENARIOS[name], options))
    say(str(report))
    for failure in report.failures:
        complain(f"{name}: {failure}")
    return not report.failures


async def _run(scenario: Scenario, options: Namespace) -> Report:
    return await scenario(options.seed, options.minutes)


if __name__ == "__main__":
    sys.exit(main())
