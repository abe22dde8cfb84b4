"""CCXT's errors as what can be done about them."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import ccxt

from domain.candle_source import SourceError
from workers.exchange_clock import header, header_time

# Seconds to leave an exchange alone that banned us, or asked us to slow down, without saying for how long.
BAN_SECONDS: Final = 60.0
SLOW_DOWN_SECONDS: Final = 5.0

# Characters of an error that a job's own repeats: pages of HTML are among them.
_SHOWN_LENGTH: Final = 200

# Seconds. No exchange bans for longer than three days; what asks for more is a mistake.
_LONGEST_BAN_SECONDS: Final = 3 * 86_400.0

_PERMANENT: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ccxt.BadSymbol, "UNKNOWN_SYMBOL"),
    (ccxt.NotSupported, "UNSUPPORTED"),
    (ccxt.AuthenticationError, "EXCHANGE_REFUSED"),
    (ccxt.RestrictedLocation, "EXCHANGE_REFUSED"),
    (ccxt.MarketClosed, "MARKET_CLOSED"),
    (ccxt.BadRequest, "EXCHANGE_REFUSED"),
    (ccxt.ArgumentsRequired, "EXCHANGE_REFUSED"),
)
_RATE: Final = (ccxt.RateLimitExceeded, ccxt.DDoSProtection)


def source_error(error: Exception, *, exchange: str, retry_after: float | None, unknown: str | None) -> SourceError:
    """Exchanges answer passing troubles with plain ExchangeErrors, so only what CCXT names as final is final.

    `unknown` is a part of what the exchange says about a symbol that it does not list, where CCXT does not know that.
    """
    said = _shorten(str(error) or type(error).__name__)
    if unknown and unknown in said:
        return SourceError("UNKNOWN_SYMBOL", f"{exchange} refuses this request: {said}", is_transient=False)
    for kind, code in _PERMANENT:
        if isinstance(error, kind):
            return SourceError(code, f"{exchange} refuses this request: {said}", is_transient=False)
    if isinstance(error, _RATE):
        usual = BAN_SECONDS if isinstance(error, ccxt.DDoSProtection) else SLOW_DOWN_SECONDS
        pause = usual if retry_after is None else retry_after
        return SourceError("RATE_LIMITED", f"{exchange} asks us to slow down.", is_transient=True, retry_after=pause)
    if isinstance(error, ccxt.OperationFailed) or isinstance(error.__cause__, aiohttp.ClientError):
        return SourceError("EXCHANGE_UNAVAILABLE", f"{exchange} cannot be reached: {said}", is_transient=True)
    return SourceError("EXCHANGE_ERROR", f"{exchange} answered with an error: {said}", is_transient=True)


def _shorten(text: str) -> str:
    """On one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_LENGTH else f"{line[:_SHOWN_LENGTH]}…"


def retry_after_seconds(headers: Mapping[str, Any] | None) -> float | None:
    """What a Retry-After header asks for, in seconds or as a time that the Date header counts from."""
    value = header(headers, "retry-after")
    if value.isdecimal():
        return min(float(value), _LONGEST_BAN_SECONDS)
    until, now = header_time(headers, "retry-after"), header_time(headers, "date")
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_BAN_SECONDS) if until and now else None
