"""What charts are told of a symbol before they draw it."""

from typing import Any, Final

from api.udf.resolutions import resolutions
from domain.source_interval import possible_intervals
from domain.storage.tickers import Precision, Ticker

KIND: Final = "crypto"

# Digits behind the point: where no candle tells, and the most that TradingView draws.
_USUAL_DIGITS: Final = 2
_MOST_DIGITS: Final = 16


def symbol_info(ticker: Ticker, precision: Precision) -> dict[str, Any]:
    """Some things have the names of the library and those of the protocol."""
    supported = resolutions(possible_intervals(ticker.intervals))
    digits = _USUAL_DIGITS if precision.price is None else min(precision.price, _MOST_DIGITS)
    return {
        "name": ticker.symbol,
        "ticker": ticker.name,
        "full_name": ticker.name,
        "description": f"{ticker.symbol} on {ticker.exchange}",
        "type": KIND,
        "exchange": ticker.exchange,
        "listed_exchange": ticker.exchange,
        "exchange-traded": ticker.exchange,
        "exchange-listed": ticker.exchange,
        "session": "24x7",
        "timezone": "Etc/UTC",
        "format": "price",
        "currency_code": ticker.quote,
        "minmov": 1,
        "minmov2": 0,
        "pricescale": 10**digits,
        "pointvalue": 1,
        "volume_precision": min(precision.volume or 0, _MOST_DIGITS),
        "has_no_volume": False,
        **_capabilities(supported),
        "supported_resolutions": supported,
        "data_status": "streaming",
    }


def _capabilities(supported: list[str]) -> dict[str, Any]:
    """All of them are served as they are asked for: nothing is left to the library to build."""
    minutes = [text for text in supported if text.isdigit()]
    days, weeks, months = ([text[:-1] for text in supported if text.endswith(letter)] for letter in "DWM")
    return {
        "has_intraday": bool(minutes),
        "intraday_multipliers": minutes,
        "has_daily": bool(days),
        "daily_multipliers": days,
        "has_weekly_and_monthly": bool(weeks or months),
        "weekly_multipliers": weeks,
        "monthly_multipliers": months,
    }


def search_result(ticker: Ticker) -> dict[str, str]:
    return {
        "symbol": ticker.symbol,
        "full_name": ticker.name,
        "ticker": ticker.name,
        "description": f"{ticker.symbol} on {ticker.exchange}",
        "exchange": ticker.exchange,
        "type": KIND,
    }
