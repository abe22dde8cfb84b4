"""CCXT's errors as what can be done about them."""

from typing import Final

import aiohttp
import ccxt

from domain.source import SourceError

# Seconds to leave an exchange alone that banned us without saying for how long.
BAN_SECONDS: Final = 60.0

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


def source_error(error: Exception, *, exchange: str, retry_after: float | None) -> SourceError:
    """Exchanges answer passing troubles with plain ExchangeErrors, so only what CCXT names as final is final."""
    said = _shorten(str(error) or type(error).__name__)
    for kind, code in _PERMANENT:
        if isinstance(error, kind):
            return SourceError(code, f"{exchange} refuses this request: {said}", is_transient=False)
    if isinstance(error, _RATE):
        pause = retry_after if retry_after is not None else BAN_SECONDS * isinstance(error, ccxt.DDoSProtection)
        return SourceError("RATE_LIMITED", f"{exchange} asks us to slow down.", is_transient=True, retry_after=pause)
    if isinstance(error, ccxt.OperationFailed) or isinstance(error.__cause__, aiohttp.ClientError):
        return SourceError("EXCHANGE_UNAVAILABLE", f"{exchange} cannot be reached: {said}", is_transient=True)
    return SourceError("EXCHANGE_ERROR", f"{exchange} answered with an error: {said}", is_transient=True)


def _shorten(text: str, length: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[:length]}…"


def retry_after_seconds(headers: object) -> float | None:
    """What a Retry-After header asks for, where it asks in seconds."""
    if not isinstance(headers, dict):
        return None
    value = next((str(headers[key]) for key in headers if str(key).lower() == "retry-after"), "")
    return float(value) if value.isdecimal() else None
