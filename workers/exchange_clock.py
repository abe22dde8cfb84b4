"""What time it is at an exchange, as far as its answers tell."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from domain.clock import Clock

_log: Final = logging.getLogger(__name__)

# A Date header leaves out what has passed of its second.
_RESOLUTION: Final = timedelta(seconds=1)

# From here on somebody should set the clock: candles come later than they could.
_WORTH_A_WARNING: Final = timedelta(seconds=5)


class ExchangeClock:
    """Our clock, put back where the exchange's Date headers show that it runs ahead.

    What has closed by this clock is not forming at the exchange, whichever of the two is wrong.
    """

    def __init__(self, exchange: str, ours: Clock) -> None:
        self._exchange = exchange
        self._ours = ours
        self._ahead = timedelta(0)
        self.answered_at = ours()
        """The earlier of both clocks when the last answer was made; to be read before anything is awaited."""

    def __call__(self) -> datetime:
        return self._ours() - max(self._ahead, timedelta(0))

    def theirs(self) -> datetime:
        """The exchange's own time, which may be later than ours."""
        return self._ours() - self._ahead

    def ours(self) -> datetime:
        return self._ours()

    def hear(self, headers: Mapping[str, Any] | None, asked_at: datetime) -> None:
        """Takes in the headers of an answer to what was asked when our clock showed `asked_at`."""
        dated = header_time(headers, "date")
        self.answered_at = min(asked_at, dated or asked_at)
        if dated:
            self._compare(dated, asked_at)

    def _compare(self, dated: datetime, asked_at: datetime) -> None:
        """Only what neither the header's resolution nor the way there and back explains counts as a difference."""
        before = self._ahead
        least, most = asked_at - dated - _RESOLUTION, self._ours() - dated
        self._ahead = max(least, timedelta(0)) + min(most, timedelta(0))
        if abs(self._ahead) >= _WORTH_A_WARNING > abs(before):
            word = "ahead of" if self._ahead > timedelta(0) else "behind"
            seconds = abs(self._ahead).total_seconds()
            _log.warning("this machine's clock is %.0f s %s that of %s; set it", seconds, word, self._exchange)


def header(headers: Mapping[str, Any] | None, name: str) -> str:
    """The value of a header whatever its case; empty where there is none."""
    return next((str(value) for key, value in (headers or {}).items() if str(key).lower() == name), "")


def header_time(headers: Mapping[str, Any] | None, name: str) -> datetime | None:
    """The time that a header gives in HTTP's notation; None where it gives none."""
    try:
        at = parsedate_to_datetime(header(headers, name))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
