"""What jobs are given."""

import asyncio
from dataclasses import dataclass
from typing import TypedDict

from domain.clock import Clock
from domain.queue import Queue
from workers.coingecko import CoinGecko
from workers.engine import SliceLimits
from workers.exchanges import Exchanges


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """Opened once in a process; `stopping` is set when slices are to come to an end."""

    clock: Clock
    queue: Queue
    exchanges: Exchanges
    coingecko: CoinGecko
    limits: SliceLimits
    stopping: asyncio.Event


class JobContext(TypedDict):
    """What we use of arq's context; the id of a cron job is `cron:name:milliseconds`, the instant that it is for."""

    worker: WorkerContext
    job_id: str
