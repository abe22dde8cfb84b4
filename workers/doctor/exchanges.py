"""Whether the exchanges answer, and list what is collected from them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from domain.candle_source import Effort, Priority, SourceError
from domain.storage import exchanges as stored
from domain.storage import pairs
from domain.storage.pairs import PairFilter
from workers.doctor.clocks import compared
from workers.doctor.finding import Finding, State
from workers.doctor.patient import Patient
from workers.gateway import CcxtGateway

_CHECK: Final = "exchange"

# Pairs whose symbols are compared with an exchange's list.
_MOST_PAIRS: Final = 100_000

# Symbols that are told.
_SHOWN: Final = 5

# Seconds that an exchange gets, its turn in the budget included.
_PATIENCE_SECONDS: Final = 60


async def exchanges(patient: Patient) -> AsyncIterator[Finding]:
    """Asks each for its market list, as a worker would: within the budget, and not while it bans us."""
    gateways = patient.exchanges.gateways
    known = {item.name: item for item in await stored.listed()}
    asked = [_ask(name, gateway) for name, gateway in gateways.items() if name not in known or known[name].is_active]
    for findings in await asyncio.gather(*asked):
        for finding in findings:
            yield finding
    for name in known.keys() - gateways.keys():
        if used := len(await pairs.collected(PairFilter(exchange=name), _MOST_PAIRS)):
            told = f"{name} has {used} active pairs and is not in the exchanges file."
            why = "Their jobs fail with UNKNOWN_EXCHANGE."
            yield Finding(_CHECK, State.PROBLEM, told, why, "Put it back, or switch it off with setExchangeActive.")
    for name in sorted(gateways.keys() & known.keys()):
        if not known[name].is_configured:
            told = f"{name} is in the exchanges file, and was not in that of the worker that started last."
            why = "Nothing is collected from it."
            yield Finding(_CHECK, State.PROBLEM, told, why, "Restart the workers with this file.")
    if not gateways:
        yield Finding(_CHECK, State.OK, "None is configured.")


async def _ask(name: str, gateway: CcxtGateway) -> list[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            market_list = await gateway.markets(Effort(Priority.FORWARD))
    except (SourceError, TimeoutError) as error:
        return [_silent(name, error)]
    clock = gateway.wire.clock
    ahead = compared(name, clock.theirs() - clock.ours())
    active = {listing.symbol for listing in market_list.listings if listing.is_active}
    told = f"{name} answers, lists {len(active):,} active symbols, and is asked every {gateway.rate_limit} ms at most."
    delisted = await _delisted(name, active)
    return [finding for finding in (ahead, delisted) if finding] or [Finding(_CHECK, State.OK, told)]


def _silent(name: str, error: SourceError | TimeoutError) -> Finding:
    """A ban passes by itself; what else is wrong may not."""
    code = error.code if isinstance(error, SourceError) else "TIMEOUT"
    told = error.message if isinstance(error, SourceError) else f"{name} did not answer within {_PATIENCE_SECONDS} s."
    if code == "RATE_LIMITED":
        why = "Until then its candles come late; none are lost."
        return Finding(
            _CHECK, State.WARNING, told, why, "Wait. If it comes back, raise rate_limit in the exchanges file."
        )
    why = "Its candles stop coming; they are fetched when it answers again."
    remedy = f"See whether this machine reaches it, and what it says of itself ({code})."
    return Finding(_CHECK, State.PROBLEM, told, why, remedy)


async def _delisted(name: str, active: set[str]) -> Finding | None:
    ids = await pairs.collected(PairFilter(exchange=name), _MOST_PAIRS)
    symbols = sorted({pair.symbol for pair in (await pairs.by_ids(ids)).values()} - active)
    if not symbols:
        return None
    rest = f" and {len(symbols) - _SHOWN} more" if len(symbols) > _SHOWN else ""
    told = f"{name} trades no longer, or not now: {', '.join(symbols[:_SHOWN])}{rest}."
    remedy = "If it stays so, switch the pairs off with setPairActive; their candles stay."
    return Finding(_CHECK, State.WARNING, told, "Their jobs ask for candles that will not come.", remedy)
