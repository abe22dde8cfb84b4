"""Backfilling a range: Candelabra beside what people use or write instead."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from ops.local.terminal import complain
from tests.bench.bare import BARE, bare
from tests.bench.freqtrade import RELEASE, WHOLE_PROCESS, Freqtrade, SkippedError, freqtrade
from tests.bench.installation import installation
from tests.bench.machine import Bystanders
from tests.bench.ours import OURS, Ours
from tests.bench.plan import Plan
from tests.bench.report import Finding, Section
from tests.bench.rounds import Contestant, Ratio, Round, alternate, usual
from tests.bench.span import Span
from tests.bench.upsert import UPSERT, upsert

_SPAN: Final = Span(100_000)
_QUICK_SPAN: Final = Span(20_000)
_ROUNDS: Final = 9
_QUICK_ROUNDS: Final = 5

# How many times as fast as each other one Candelabra has to be. Freqtrade without its start is beside the point: the
# command is what people run.
_TARGETS: Final = {BARE: 0.6, UPSERT: 1.5, WHOLE_PROCESS: 1.0}

# Requests for a range beside one for each thousand candles.
_SPARE_REQUESTS: Final = 0.02

_ABOUT: Final = """\
{candles:,} candles of one minute, from an exchange in a process of its own on the loopback address that speaks
Binance's dialect, answers without delay, limits nobody and sends the same prepared pages to all. How many times as fast
Candelabra is: the median of {rounds} rounds, in each of which everyone has a turn, with the least and the most.

- Candelabra: from before `syncPair` is sent over HTTP until the job's `finishedAt`, through API, queue, worker and
  PostgreSQL, each a process of its own, started before, with the markets loaded.
- {bare}: one `fetch_ohlcv` of `ccxt.async_support` after the other; nothing is kept. Started before, markets
  loaded.
- {upsert}: the same, with `INSERT … ON CONFLICT DO UPDATE` of each page by asyncpg's `executemany` into a
  table of the same columns and key, in the same PostgreSQL with its usual durability."""

_FREQTRADE: Final = f"""
- freqtrade {RELEASE}, with `only_from_ccxt`, because it would otherwise ask an archive that is not the exchange, and
  without rate limit, into its usual feather files. Without its start: from its word that the download begins to the
  file that it leaves. (It sends all requests at once, so the time between its first and its last says nothing.)"""


def backfill(plan: Plan) -> Section:
    """Raises BenchError where one of the contestants fails."""
    span, rounds = (_QUICK_SPAN, _QUICK_ROUNDS) if plan.is_quick else (_SPAN, _ROUNDS)
    with installation(plan.folder) as installed, ExitStack() as stack:
        ours = Ours(installed.api, installed.exchange, span)
        ours.warm()
        public = installed.exchange.public
        loops = (bare(span, public), upsert(span, public, installed.postgres))
        others: list[Contestant] = [stack.enter_context(loop) for loop in loops]
        about = _ABOUT.format(candles=span.candles, rounds=rounds, bare=BARE, upsert=UPSERT)
        try:
            others.append(_freqtrade(plan, span, public))
            about += _FREQTRADE
        except SkippedError as error:
            about += f"\n- freqtrade did not take part. {error}"
            complain(f"FREQTRADE DOES NOT TAKE PART. {error}")
        bystanders = Bystanders()
        times = alternate([ours, *others], rounds)
        notes = [_rates(times, span), str(bystanders)]
    return Section("Backfill", about, [*_ratios(times), _requests(ours)], notes)


def _freqtrade(plan: Plan, span: Span, public: str) -> Freqtrade:
    if plan.is_quick:
        raise SkippedError("It takes too long for a quick run.")
    return freqtrade(plan.cache, plan.folder / "freqtrade", span, public)


def _ratios(times: Sequence[Round]) -> list[Finding]:
    found = {name: Ratio.of(times, OURS, name) for name in times[0] if name != OURS}
    return [_compared(name, ratio, _TARGETS.get(name)) for name, ratio in found.items()]


def _compared(name: str, ratio: Ratio, target: float | None) -> Finding:
    if target is None:
        return Finding(f"as fast as {name}", str(ratio))
    return Finding(f"as fast as {name}", str(ratio), f"at least {target} times", ratio.median >= target)


def _requests(ours: Ours) -> Finding:
    least, most = ours.span.pages, max(ours.requests)
    is_met = most <= least * (1 + _SPARE_REQUESTS)
    measured = f"{most} for {least} pages ({most / least - 1:+.1%})"
    return Finding("requests to the exchange", measured, f"at most {_SPARE_REQUESTS:+.0%}", is_met)


def _rates(times: Sequence[Round], span: Span) -> str:
    rates = [f"{name} {span.candles / usual(times, name):,.0f}" for name in sorted(times[0])]
    return f"Candles a second, which depend on the machine: {', '.join(rates)}."
