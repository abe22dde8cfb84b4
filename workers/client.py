"""CCXT's own classes, with their throttle replaced by the budget that all workers share."""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from time import monotonic
from typing import Any, Final

import aiohttp
import ccxt.async_support
import orjson

from domain.candle_source import Effort, SourceError
from domain.clock import Clock
from domain.exchanges_file import ExchangeConfig
from domain.settings import SettingsError
from domain.telemetry.metrics import EXCHANGE_DURATION, EXCHANGE_REQUESTS
from domain.telemetry.traces import Role, span
from workers.bounded_response import bounded
from workers.budget import Budget, Grant
from workers.dialects import Dialect, dialect_of
from workers.exchange_clock import ExchangeClock

# A list that has shrunk to less than this share was not answered honestly: exchanges do not delist by halves.
CREDIBLE_SHARE: Final = 0.5

# Rows. No exchange's page has half as many; reading millions would keep a worker from everything else.
_MOST_ROWS: Final = 20_000

# The effort that the request under way is charged to: CCXT's throttle is not told who asks.
effort_of_request: ContextVar[Effort] = ContextVar("effort_of_request")

# What the request under way was charged in milliseconds of the exchange's time, and what the throttle was given for it.
charge_of_request: ContextVar[float] = ContextVar("charge_of_request", default=0.0)
_grant_of_request: ContextVar[Grant | None] = ContextVar("grant_of_request")


def open_client(config: ExchangeConfig, budget: Budget, clock: Clock, *, rate_limit: int, timeout: int) -> Any:
    """An instance of the adapter's class; `rate_limit` and `timeout` in milliseconds are what CCXT lacks.

    Raises SettingsError where CCXT knows no such exchange, or cannot do with what is configured.
    """
    if config.ccxt_id not in ccxt.async_support.exchanges:
        told = f"The exchange '{config.name}' has the adapter '{config.ccxt_id}', which CCXT does not know"
        raise SettingsError(f"{told}. Correct its `adapter` in the exchanges file.")
    client = _constructed(config, timeout)
    client.number = str
    client.enableLastJsonResponse = True
    client.budget = budget
    client.clock = ExchangeClock(config.name, clock)
    client.page_milliseconds = None
    client.sends_numbers = dialect_of(config.ccxt_id, None).sends_numbers
    client.request_milliseconds = _request_milliseconds(config, client.rateLimit or rate_limit)
    return client


def _constructed(config: ExchangeConfig, timeout: int) -> Any:
    adapter = getattr(ccxt.async_support, config.ccxt_id)
    metered = type(config.ccxt_id, (_Metered, adapter), {})
    try:
        return metered(_options(config, dialect_of(config.ccxt_id, None), timeout))
    except Exception as error:  # whatever CCXT trips over
        told = f"CCXT cannot open the exchange '{config.name}' with [exchange.ccxt] as it is in the exchanges file"
        raise SettingsError(f"{told}: {type(error).__name__}: {error}. Correct that.") from error


def _request_milliseconds(config: ExchangeConfig, usual: float) -> float:
    """0 where nothing limits requests, be it said in our words or in CCXT's."""
    if not config.ccxt.get("enableRateLimit", True):
        return 0
    return usual if config.rate_limit is None else config.rate_limit


def _options(config: ExchangeConfig, dialect: Dialect, timeout: int) -> Mapping[str, Any]:
    given = dict(config.ccxt)
    options = {**dialect.options, **given.pop("options", {})}
    # Who may ask without a limit still asks the budget, which knows of bans.
    return {"timeout": config.timeout or timeout, "options": options, **given, "enableRateLimit": True}


class _Metered:
    """Mixed in before a CCXT class."""

    id: str
    budget: Budget
    clock: ExchangeClock
    page_milliseconds: float | None
    markets: Mapping[str, Any] | None
    last_response_headers: Mapping[str, Any] | None
    sends_numbers: bool
    session: aiohttp.ClientSession
    parse_ohlcv: Callable[..., list[Any]]
    # Instead of CCXT's rateLimit, which some of its classes change for a request, and leave so where that fails.
    request_milliseconds: float

    # With text for numbers, CCXT's way to a number is a detour of a third of the time that a page takes.
    safe_number = staticmethod(ccxt.async_support.Exchange.safe_string)
    safe_number_2 = staticmethod(ccxt.async_support.Exchange.safe_string_2)

    def open(self, lazy: bool = False) -> None:  # noqa: FBT001, FBT002  # CCXT's
        super().open(lazy)  # type: ignore[misc]  # CCXT's
        bounded(self.session)

    def get_socks_proxy_session(self, proxy: str) -> aiohttp.ClientSession:
        return bounded(super().get_socks_proxy_session(proxy))  # type: ignore[misc]  # CCXT's

    async def throttle(self, cost: float | None = None) -> None:
        milliseconds = self.request_milliseconds * (1 if cost is None else cost)
        with span(Role.STEP, "budget"):
            grant = await self.budget.take(milliseconds, effort_of_request.get())
        charge_of_request.set(milliseconds)
        _grant_of_request.set(grant)

    async def fetch(self, *request: Any, **more: Any) -> Any:
        asked_at, began_at = self.clock.ours(), monotonic()
        EXCHANGE_REQUESTS.labels(self.budget.exchange).inc()
        try:
            with span(Role.CALL, "request", {"candelabra.exchange": self.budget.exchange}):
                answer = await super().fetch(*request, **more)  # type: ignore[misc]  # of the class that this is mixed into
        finally:
            # Nothing is awaited here: others' answers would replace what CCXT keeps of this one.
            self.budget.settle(_grant_of_request.get())
            EXCHANGE_DURATION.labels(self.budget.exchange).observe(monotonic() - began_at)
        self.clock.hear(self.last_response_headers, asked_at)
        return answer

    def set_markets(self, markets: Any, *currencies: Any) -> Any:
        """A list that is not believed leaves the one before in place, which other requests are using."""
        if len(markets) < len(self.markets or {}) * CREDIBLE_SHARE or not markets:
            known = f"; it listed {len(self.markets)}" if self.markets else ""
            told = f"{self.budget.exchange} lists {len(markets)} markets{known}; the list is not believed."
            raise SourceError("BAD_MARKET_LIST", told, is_transient=True)
        return super().set_markets(markets, *currencies)  # type: ignore[misc]  # CCXT's

    def on_json_response(self, body: str) -> Any:
        """CCXT reads numbers as floats, which have fewer digits than some exchanges send."""
        return json.loads(body, parse_float=str) if self.sends_numbers else orjson.loads(body)

    def parse_ohlcvs(self, rows: Any, market: Any = None, *_: Any, **__: Any) -> list[Any]:
        """Everything that was sent, by time: what lies outside the window is evidence, which CCXT would throw away."""
        if not isinstance(rows, list) or len(rows) > _MOST_ROWS:
            raise ccxt.async_support.BadResponse(f"{self.id} sent no list of candles")
        return sorted([self.parse_ohlcv(row, market) for row in rows], key=_time)


def _time(row: list[Any]) -> Any:
    return row[0] or 0
