"""A sync job as the API tells it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

JOB_FIELDS: Final = """
  id kind status from to createdAt startedAt finishedAt
  pair { symbol interval exchange { name } }
  progress { percent candlesWritten pagesFetched retries waitedSeconds reachedAt etaSeconds }
  error { code message isTransient }
"""


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    kind: str
    status: str
    exchange: str
    symbol: str
    interval: str
    percent: float
    candles: int
    eta: float | None  # seconds
    created_at: datetime
    error: str | None
    error_code: str | None

    @classmethod
    def of(cls, node: dict[str, Any]) -> Self:
        """Of JOB_FIELDS."""
        pair, progress, error = node["pair"], node["progress"], node["error"] or {}
        return cls(
            id=node["id"],
            kind=node["kind"],
            status=node["status"],
            exchange=pair["exchange"]["name"],
            symbol=pair["symbol"],
            interval=pair["interval"],
            percent=progress["percent"],
            candles=int(progress["candlesWritten"]),
            eta=progress["etaSeconds"],
            created_at=datetime.fromisoformat(node["createdAt"]),
            error=error.get("message"),
            error_code=error.get("code"),
        )

    @property
    def is_running(self) -> bool:
        return self.status in {"QUEUED", "RUNNING"}

    @property
    def title(self) -> str:
        return f"{self.exchange} {self.symbol} {self.interval}"

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if self.error and not self.is_running:
            return self.error
        if self.status == "QUEUED" and not self.candles:
            return "waits for a worker"
        left = f", {self.eta:,.0f} s left" if self.is_running and self.eta is not None else ""
        return f"{self.candles:,} candles{left}"
