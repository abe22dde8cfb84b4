"""A chaos run that tested nothing has failed."""

import pytest

from tests.chaos.report import ChaosError, Report


def test_a_report_shows_each_value_beside_its_limit() -> None:
    """And the seed, which repeats what was drawn by lot."""
    report = Report("Rain", seed=7)
    report.faults["drops"] += 3
    report.at_most("slowest answer", 1.5, 2, "s")
    report.check()

    assert str(report) == "Rain (seed 7)\n  drops: 3\n  slowest answer: 1.5 s (at most 2)"


def test_a_broken_limit_fails_the_run() -> None:
    """Whether it is a ceiling or a floor."""
    report = Report("Rain", seed=7)
    report.at_most("slowest answer", 2.5, 2, "s")
    report.at_least("kills", 19, 20)

    with pytest.raises(ChaosError, match=r"slowest answer: 2.5 s .* kills: 19"):
        report.check()


def test_what_is_measured_several_times_is_told_at_its_worst() -> None:
    """One line is enough for twenty kills."""
    report = Report("Rain", seed=7)
    for seconds in (1.0, 1.5, 0.5):
        report.at_most("slowest answer", seconds, 2, "s")

    assert [measure.value for measure in report.measures.values()] == [1.5]


def test_a_fault_that_was_never_injected_fails_the_run() -> None:
    """It may be that nothing was tested."""
    report = Report("Rain", seed=7)
    report.expect("drops")

    with pytest.raises(ChaosError, match="never injected: drops"):
        report.check()


def test_reports_are_told_at_the_end_of_a_test_run(pytester: pytest.Pytester) -> None:
    """Whichever of its processes they come from, and whether the test passed or not."""
    pytester.makepyfile("""
        def test_rain(report):
            report.faults["drops"] += 3

        def test_snow(report):
            report.expect("flakes")
            report.check()
    """)
    told = pytester.runpytest("-p", "tests.chaos.told", "-p", "no:asyncio", "--numprocesses=1")

    told.stdout.fnmatch_lines(
        ["*broken on purpose*", "test_rain (seed *", "  drops: 3", "test_snow (seed *", "  flakes: 0"]
    )
