"""Passing troubles are waited out, final ones are not."""

import pytest

from domain.candle_source import SourceError
from workers.backoff import is_hopeless, pause


def error(
    code: str = "EXCHANGE_UNAVAILABLE", *, is_transient: bool = True, retry_after: float | None = None
) -> SourceError:
    return SourceError(code, "told", is_transient=is_transient, retry_after=retry_after)


def test_a_permanent_error_ends_the_job_at_once() -> None:
    """Asking again changes nothing."""
    assert is_hopeless(error(is_transient=False), 0)


@pytest.mark.parametrize(("code", "failures"), [("EXCHANGE_UNAVAILABLE", 19), ("BAD_PAGE", 5), ("EMPTY_ANSWER", 5)])
def test_a_transient_error_is_outlived_for_a_while(code: str, failures: int) -> None:
    """Then somebody has to look."""
    assert not is_hopeless(error(code), failures - 1)
    assert is_hopeless(error(code), failures)


def test_a_bad_page_after_an_outage_is_asked_for_again() -> None:
    """What failed for another reason until now has not been told often; but no job fails for ever by turns."""
    assert not is_hopeless(error("BAD_PAGE"), 12, "EXCHANGE_UNAVAILABLE")
    assert is_hopeless(error("BAD_PAGE"), 19, "EXCHANGE_UNAVAILABLE")


def test_a_busy_exchange_is_waited_for_as_long_as_it_takes() -> None:
    """Being asked to slow down is no failure."""
    assert not is_hopeless(error("RATE_LIMITED"), 10_000)


def test_pauses_double_up_to_a_minute_and_honour_what_the_exchange_asks_for() -> None:
    """Jitter takes off half at most."""
    assert 0.25 <= pause(error(), 0).total_seconds() <= 0.5
    assert 4 <= pause(error(), 4).total_seconds() <= 8
    assert 30 <= pause(error(), 1_000).total_seconds() <= 60
    assert pause(error(retry_after=300), 0).total_seconds() >= 300
