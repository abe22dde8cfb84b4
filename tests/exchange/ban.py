"""Rate limits that are meant: who asks too often is refused until he has waited."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

REFUSALS: Final[dict[str, tuple[int, str]]] = {
    "binance": (429, '{"code":-1003,"msg":"Too much request weight used."}'),
    "kraken": (200, '{"error":["EAPI:Rate limit exceeded"]}'),
    "coinbase": (429, '{"error":"resource_exhausted","error_details":"","message":"rate limit exceeded"}'),
    "bybit": (200, '{"retCode":10006,"retMsg":"Too many visits!","result":{},"retExtInfo":{},"time":0}'),
    "okx": (429, '{"code":"50011","msg":"Too Many Requests","data":[]}'),
    "kucoin": (429, '{"code":"429000","msg":"Too Many Requests"}'),
    "bitfinex": (429, '["error",11010,"ratelimit: error"]'),
    "gate": (429, '{"label":"TOO_MANY_REQUESTS","message":"Request Rate limit Exceeded"}'),
    "mexc": (429, '{"code":429,"msg":"Too Many Requests"}'),
    "bitstamp": (429, "Too many requests"),
    "bitget": (429, '{"code":"429","msg":"Too Many Requests","data":null}'),
    "htx": (200, '{"status":"error","err-code":"base-request-exceed-frequency-limit","err-msg":"too frequent"}'),
    "gemini": (429, '{"result":"error","reason":"RateLimit","message":"Requests were made too frequently"}'),
    "cryptocom": (429, '{"code":42901,"message":"RATE_LIMIT"}'),
    "coinbaseexchange": (429, '{"message":"Public rate limit exceeded"}'),
}
"""Status and body, by CCXT id, with which each exchange turns away who asks too often."""


@dataclass
class RateLimit:
    """At most `per_second` requests in any second; the one too many is followed by a ban of `retry_after` seconds."""

    per_second: int
    status: int
    body: str
    retry_after: int
    refused: int = 0
    _times: deque[float] = field(default_factory=deque)
    _banned_until: float = 0

    def refusal(self, now: float) -> Response | None:
        """What answers a request at `now`, in seconds of a clock that never goes back; None lets it pass."""
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        self._times.append(now)
        is_one_too_many = len(self._times) > self.per_second
        if is_one_too_many:
            self._banned_until = now + self.retry_after
        if not is_one_too_many and now >= self._banned_until:
            return None
        self.refused += 1
        headers = {"Retry-After": str(self.retry_after), "Content-Type": "application/json"}
        return Response(self.body, self.status, headers)
