"""Clients that go on asking whatever happens, and remember what they were told."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final
from uuid import UUID
from zlib import crc32

import httpx

from domain.interval import interval
from tests.chaos.parts import until
from tests.chaos.report import ChaosError, Report
from tests.chaos.stage import RECOVERY_SECONDS, Stage
from tests.tardiness import Tardiness, tardiness

# Seconds within which every request has its answer, whatever is down.
ANSWER_SECONDS: Final = 2.0

# That a request goes through, each of which a busy machine may keep waiting: the client, the API, PostgreSQL.
_PROCESSES: Final = 3

# What a client may be told besides what it asked for.
EXCUSES: Final = {"UNAVAILABLE", "OVERLOADED"}

_HOUR: Final = interval("1h")
SYMBOLS: Final = ("DOT/USDT", "LINK/USDT", "SHIB/USDT", "ETH/BTC")
_FATES: Final = "SELECT id, status, error_code, error_message FROM sync_jobs WHERE id = ANY($1::uuid[])"

_PAUSE: Final = 0.05
_SUCCEEDED: Final = 2

_ADD: Final = """
mutation($symbols: [String!]!) {
  addPairs(input: {exchange: "binance", symbols: $symbols, intervals: ["1h"]}) { pairs { id } }
}
"""
_SYNC: Final = """
mutation($pair: ID!, $from: DateTime!, $to: DateTime!, $key: String!) {
  syncPair(input: {pairId: $pair, kind: RANGE, from: $from, to: $to, force: true, idempotencyKey: $key}) {
    job { id }
    isNew
  }
}
"""
_READ: Final = "{ pairs(first: 20) { nodes { symbol status } } }"


@dataclass
class Clients:
    """`promised` are the jobs that a client was told of, by the key that it gave with its wish."""

    stage: Stage
    pairs: list[str]
    promised: dict[str, set[UUID]] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    slowest: float = 0.0
    machine: Tardiness = field(default_factory=Tardiness)

    @property
    def acknowledged(self) -> set[UUID]:
        return set().union(*self.promised.values())

    @classmethod
    async def of(cls, stage: Stage) -> "Clients":
        answer = await stage.ask(_ADD, symbols=list(SYMBOLS))
        if answer.code:
            raise ChaosError(answer.text)
        return cls(stage, [pair["id"] for pair in answer.data["addPairs"]["pairs"]])

    async def go_on(self) -> None:
        """Reads and asks for jobs, in turns, until cancelled."""
        async with tardiness() as self.machine:
            for number in count():
                await (self.sync(f"key {number}") if number % 2 else self.read())
                await asyncio.sleep(_PAUSE)

    async def read(self) -> str:
        return await self._ask(_READ)

    async def sync(self, key: str) -> str:
        """Asks for a job, and remembers it if it was promised."""
        end = _HOUR.floor(datetime.now(UTC) - timedelta(days=1))
        pair = self.pairs[crc32(key.encode()) % len(self.pairs)]
        span = {"from": (end - timedelta(days=2)).isoformat(), "to": end.isoformat()}
        return await self._ask(_SYNC, pair=pair, key=key, **span)

    async def _ask(self, query: str, **variables: str) -> str:
        """What came of it: ok, a code, or "no answer"."""
        before = asyncio.get_running_loop().time()
        try:
            answer = await self.stage.ask(query, **variables)
        except httpx.HTTPError:
            self.told["no answer"] += 1
            return "no answer"
        finally:
            self.slowest = max(self.slowest, asyncio.get_running_loop().time() - before)
        told = answer.code or "ok"
        self.told[told] += 1
        if told not in EXCUSES | {"ok"} or "Traceback" in answer.text:
            self.strange.append(answer.text)
        if not answer.code and "syncPair" in answer.data:
            self.promised.setdefault(variables["key"], set()).add(UUID(answer.data["syncPair"]["job"]["id"]))
        return told

    async def judge(self, report: Report) -> None:
        """Every job that was promised exists and ends; nobody waited long or read something strange."""
        for told, times in self.told.items():
            report.counts[f"requests told {told}"] += times
        limit = ANSWER_SECONDS + _PROCESSES * self.machine.worst
        report.at_most("slowest request", self.slowest, limit, "s")
        report.at_most(f"answers that excuse nothing {self.strange[:1]}", len(self.strange), 0)
        took = await self.all_end(2 * RECOVERY_SECONDS)
        report.at_least("promised jobs", len(self.acknowledged), 1)
        lost = await self.lost()
        report.at_most(f"promised jobs lost {lost[:2]}", len(lost), 0)
        twice = sum(len(jobs) > 1 for jobs in self.promised.values())
        report.at_most("keys that stood for another job when they were repeated", twice, 0)
        report.at_most("promised jobs ended after all was up", took, RECOVERY_SECONDS, "s")

    async def all_end(self, seconds: float) -> float:
        """The seconds until every promised job has ended; TimeoutError where that takes longer."""
        return await until(self._all_ended, "the promised jobs to end", seconds)

    async def _all_ended(self) -> bool:
        return not await self._number("status IN (0, 1)")

    async def lost(self) -> list[str]:
        """What became of promised jobs that did not succeed."""
        async with self.stage.sql() as db:
            rows = await db.fetch(_FATES, list(self.acknowledged))
        fates = {row["id"]: str(dict(row)) for row in rows if row["status"] != _SUCCEEDED}
        gone = self.acknowledged - {row["id"] for row in rows}
        return [*fates.values(), *(f"{job} is gone" for job in gone)]

    async def _number(self, condition: str) -> int:
        async with self.stage.sql() as db:
            statement = f"SELECT count(*) FROM sync_jobs WHERE id = ANY($1::uuid[]) AND {condition}"
            return int(await db.fetchval(statement, list(self.acknowledged)))
