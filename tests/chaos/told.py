"""What was broken and measured, told at the end of a test run, whichever of its processes it happened in."""

import random
from collections.abc import Iterator
from typing import Final

import pytest

from tests.chaos.report import Report

_PROPERTY: Final = "chaos"


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """Another seed each time; a report that is broken says which."""
    report = Report(request.node.name, random.randrange(2**31))
    yield report
    request.node.user_properties.append((_PROPERTY, str(report)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = [report for reports in terminalreporter.stats.values() for report in reports]
    ends = [report for report in found if isinstance(report, pytest.TestReport) and report.when == "teardown"]
    told = [text for end in ends for name, text in end.user_properties if name == _PROPERTY]
    if told:
        terminalreporter.section("what was broken on purpose")
        terminalreporter.write_line("\n".join(sorted(map(str, told))))
