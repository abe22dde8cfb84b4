"""How long to leave an exchange alone after a failure that may pass, and when to give up."""

import random
from datetime import timedelta
from typing import Final

from domain.candle_source import SourceError

_FIRST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 60.0

# Failures in a row after which a job fails: an outage of a quarter of an hour is outlived, and an exchange that keeps
# answering nonsense about one page is believed to mean it.
_PATIENCE: Final = 20
_PATIENCE_BY_CODE: Final = {"BAD_PAGE": 6, "EMPTY_ANSWER": 6, "NO_CANDLES": 6}


def is_no_failure(error: SourceError) -> bool:
    """Whether we only have to wait: the exchange bans us or serves others first, but is not broken."""
    return error.code in {"RATE_LIMITED", "BUSY"}


def is_hopeless(error: SourceError, failures_in_row: int, last_code: str | None = None) -> bool:
    """Whether another attempt makes no sense after so many failures before this one, the last of them with that code.

    An exchange that is barely back after an outage is not taken at its word at once.
    """
    if not error.is_transient:
        return True
    is_insisting = last_code in {None, error.code}
    patience = _PATIENCE_BY_CODE.get(error.code, _PATIENCE) if is_insisting else _PATIENCE
    return not is_no_failure(error) and failures_in_row + 1 >= patience


def pause(error: SourceError, failures_in_row: int) -> timedelta:
    """At least what the exchange asked for, else doubling with each failure, jittered so that jobs do not march."""
    seconds = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(failures_in_row, 10))
    jittered = seconds * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, hides nothing
    return timedelta(seconds=max(error.retry_after or 0.0, jittered))
