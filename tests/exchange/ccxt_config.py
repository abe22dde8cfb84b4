"""How CCXT is pointed at the loopback exchange: what belongs under [exchange.ccxt] in exchanges.toml."""

import re
from typing import Any, Final

import ccxt.async_support as ccxt

_ORIGIN: Final = re.compile(r"^https?://[^/]+")

_SPOT_ONLY: Final[dict[str, dict[str, Any]]] = {
    **{exchange: {"fetchMarkets": {"types": ["spot"]}} for exchange in ("binance", "bybit", "okx", "gate", "bitget")},
    "kucoin": {"fetchMarkets": {"types": ["spot"], "fetchTickersFees": False}},
    "htx": {"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}}},
}


def ccxt_config(exchange: str, url: str) -> dict[str, Any]:
    """Every address of the exchange's API moved to `url`; spot markets only, where that can be said."""
    addresses = _moved(getattr(ccxt, exchange)().urls["api"], url)
    return {"urls": {"api": addresses}, "options": _SPOT_ONLY.get(exchange, {})}


def _moved(addresses: Any, url: str) -> Any:
    if isinstance(addresses, dict):
        return {key: _moved(value, url) for key, value in addresses.items()}
    return _ORIGIN.sub(url, addresses)
