"""Choosing what is collected: new pairs on an exchange, and the demo's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.clock import Clock
from domain.errors import BadInputError, ConflictError
from domain.exchanges_file import SANDBOX
from domain.interval import Interval, interval
from domain.models import SyncKind
from domain.queue import Queue
from domain.records import Exchange, Pair
from domain.storage import exchanges, jobs, pairs
from domain.storage.exchanges import Listing
from domain.storage.jobs import AskedJob, JobRequest
from domain.storage.pairs import NewPair
from domain.sync import check_range

# Pairs that one request may add: a page of a screener, not an exchange.
MAX_NEW_PAIRS: Final = 1_000

DEMO_SYMBOLS: Final = ("BTC/USDT", "ETH/USDT")
DEMO_INTERVAL: Final = interval("1m")
DEMO_SPAN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewPairs:
    """What a client wants collected; `start` is where the INITIAL jobs stop."""

    exchange: str
    symbols: Sequence[str]
    intervals: Sequence[Interval]
    sync: bool = False
    start: datetime | None = None


async def add_pairs(wanted: NewPairs, queue: Queue, clock: Clock) -> tuple[list[Pair], list[AskedJob]]:
    """The pairs, new or as they are, and the INITIAL jobs where they were asked for.

    Raises NotFoundError, ConflictError and BadInputError, and then has changed nothing.
    """
    exchange = await exchanges.get(wanted.exchange)
    if not exchange.is_active:
        raise ConflictError(f"The exchange '{exchange.name}' is switched off; setExchangeActive switches it on.")
    _check_request(wanted, exchange, clock())
    listings = await _listings(exchange, wanted.symbols)
    new = [
        _new_pair(listings[symbol], step, clock()) for symbol in listings for step in dict.fromkeys(wanted.intervals)
    ]
    added = await pairs.add(exchange.id, new)
    if not wanted.sync:
        return added, []
    return added, await _start(added, wanted, queue)


async def _start(added: Sequence[Pair], wanted: NewPairs, queue: Queue) -> list[AskedJob]:
    asked: list[AskedJob] = []
    for step in dict.fromkeys(wanted.intervals):
        ids = [pair.id for pair in added if pair.timeframe.interval == step.text]
        start = step.floor(wanted.start) if wanted.start else None
        asked += await jobs.ask(ids, JobRequest(SyncKind.INITIAL, start))
    await queue.sync([job.id for job in asked if job.is_new])
    return asked


def _check_request(wanted: NewPairs, exchange: Exchange, now: datetime) -> None:
    count = len(set(wanted.symbols)) * len(set(wanted.intervals))
    if not count:
        raise BadInputError("symbols and intervals must name at least one each.")
    if count > MAX_NEW_PAIRS:
        raise BadInputError(f"{count} pairs at once are too many; add at most {MAX_NEW_PAIRS} in a request.")
    check_range(wanted.start, None, now)
    for step in wanted.intervals:
        if step.text not in exchange.intervals:
            served = " ".join(exchange.intervals)
            raise BadInputError(f"{exchange.name} does not serve {step}; it serves {served}.")


async def _listings(exchange: Exchange, symbols: Sequence[str]) -> dict[str, Listing]:
    """What the market list says of the symbols; where it was never loaded, what their names say."""
    names = list(dict.fromkeys(symbols))
    parsed = {name: _parsed(name) for name in names}
    if exchange.markets_refreshed_at is None:
        return parsed
    known = await exchanges.listings(exchange.id, names)
    if unknown := [name for name in names if name not in known]:
        more = f" and {len(unknown) - 1} more" if unknown[1:] else ""
        raise BadInputError(f"{exchange.name} does not list {unknown[0]}{more}; Exchange.markets lists what it does.")
    return {name: known[name] for name in names}


def _parsed(symbol: str) -> Listing:
    base, _, quote = symbol.partition("/")
    listing = Listing(symbol, base, quote, is_active=True)
    is_plain = symbol.isprintable() and not any(character.isspace() for character in symbol)
    if not (base and quote and listing.fits and is_plain):
        shown = symbol[:40].encode("unicode_escape").decode()
        raise BadInputError(f"'{shown}' is not a symbol; write it like BTC/USDT.")
    return listing


def _new_pair(listing: Listing, step: Interval, now: datetime) -> NewPair:
    return NewPair(listing.symbol, listing.base, listing.quote, step.text, step.next(now))


async def start_demo(queue: Queue, clock: Clock) -> None:
    """On an empty installation with a sandbox: two pairs and their last 30 days."""
    if await pairs.exist() or await exchanges.find(SANDBOX) is None:
        return
    start = DEMO_INTERVAL.floor(clock() - DEMO_SPAN)
    await add_pairs(NewPairs(SANDBOX, DEMO_SYMBOLS, [DEMO_INTERVAL], sync=True, start=start), queue, clock)
