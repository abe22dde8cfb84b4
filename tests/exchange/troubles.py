"""Everything that passes: what a client of exchanges has to outlive."""

from collections.abc import Callable
from typing import Final

from tests.exchange import distortion, faults
from tests.exchange.ban import REFUSALS
from tests.exchange.faults import Fault

HUGE: Final = 10_000_000  # bytes

REFUSED_SECONDS: Final = 0.05

BANNED: Final[dict[str, Fault]] = {
    "okx": faults.json('{"code":"50011","msg":"Too Many Requests","data":[]}', 403),
    "binance": faults.json('{"code":-1003,"msg":"Way too many requests; IP banned."}', 418),
    "kraken": faults.json('{"error":["EGeneral:Temporary lockout"]}'),
}
OUT_OF_ORDER: Final[dict[str, Fault]] = {
    "okx": faults.json('{"code":"50001","msg":"Service temporarily unavailable.","data":[]}', 500),
    "binance": faults.json('{"code":-1000,"msg":"An unknown error occurred."}', 500),
    "kraken": faults.json('{"error":["EGeneral:Internal error"]}', 500),
}


def slow_down(exchange: str, retry_after: str | None = None) -> Fault:
    """Status 429, or what the exchange says instead, in its own words."""
    status, text = REFUSALS[exchange]
    return faults.json(text, status, {"Retry-After": retry_after} if retry_after else None)


def always(fault: Fault) -> Callable[[str], Fault]:
    return lambda _: fault


OUTLIVED: Final[dict[str, Callable[[str], Fault]]] = {
    "429 with Retry-After": lambda exchange: slow_down(exchange, "7"),
    "429 without Retry-After": slow_down,
    "418": always(faults.reply(418)),
    "banned": lambda exchange: BANNED.get(exchange, faults.reply(418)),
    "500 with JSON": lambda exchange: OUT_OF_ORDER.get(exchange, faults.reply(500)),
    "500 without a body": always(faults.reply(500)),
    "502 with HTML": always(faults.html(502)),
    "503 with HTML": always(faults.html(503)),
    "403 with HTML": always(faults.html(403)),
    "200 with HTML": always(faults.html(200)),
    "null": always(faults.json("null")),
    "{}": always(faults.json("{}")),
    "[]": always(faults.json("[]")),
    "no body": always(faults.reply()),
    "10 MB of text": always(faults.reply(200, b"x" * HUGE)),
    "10 MB of JSON": always(faults.json(f"[{'0,' * (HUGE // 2)}0]")),
    "cut short": always(faults.truncated),
    "hangs past the timeout": always(faults.hang(1.2)),
    "connection reset": always(faults.reset),
    "connections refused": always(faults.refused(REFUSED_SECONDS)),
    "null prices": always(faults.rewritten(faults.null_prices)),
    "NaN": always(faults.distorted(distortion.not_a_number)),
    "every row twice": always(faults.distorted(distortion.duplicated)),
    "two rows of one time": always(faults.distorted(distortion.contradicted)),
    "in no order": always(faults.distorted(distortion.unsorted)),
    "rows from before": always(faults.distorted(distortion.overlapping)),
    "times off by seconds": always(faults.distorted(distortion.off_by_seconds)),
    "inverted prices": always(faults.distorted(distortion.inverted)),
    "negative volume": always(faults.distorted(distortion.below_zero)),
    "since ignored": always(faults.distorted(distortion.since_ignored)),
    "empty page": always(faults.distorted(distortion.empty)),
}
"""By name, for a CCXT id: exchanges have words of their own for some."""
