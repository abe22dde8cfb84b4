"""Choosing what is collected: new pairs on an exchange, and the demo's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.clock import Clock
from domain.errors import BadInputError
from domain.exchanges_file import SANDBOX
from domain.interval import Interval, interval
from domain.models import SyncKind
from domain.queue import Queue
from domain.records import Exchange, Pair
from domain.storage import exchanges, jobs, listings, pairs
from domain.storage.jobs import AskedJob, JobRequest
from domain.storage.listings import WILDCARD, Listing
from domain.storage.pairs import NewPair
from domain.sync import check_range, check_served

# Pairs that one request may add: a page of a screener, not an exchange.
MAX_NEW_PAIRS: Final = 1_000

DEMO_SYMBOLS: Final = ("BTC/USDT", "ETH/USDT")
DEMO_INTERVAL: Final = interval("1m")
DEMO_SPAN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewPairs:
    """What a client wants collected; `start` is where the INITIAL jobs stop. Symbols may be patterns such as */USDT."""

    exchange: str
    symbols: Sequence[str]
    intervals: Sequence[Interval]
    sync: bool = False
    start: datetime | None = None
    requested_by: str | None = None


async def add_pairs(wanted: NewPairs, queue: Queue, clock: Clock) -> tuple[list[Pair], list[AskedJob]]:
    """The pairs, new or as they are, and the INITIAL jobs where they were asked for.

    Raises NotFoundError, ConflictError and BadInputError, and then has changed nothing.
    """
    exchange, new = await choose(wanted, clock())
    added = await pairs.add(exchange.id, new)
    if not wanted.sync:
        return added, []
    return added, await _start(added, wanted, queue)


async def choose(wanted: NewPairs, now: datetime) -> tuple[Exchange, list[NewPair]]:
    """The exchange and the pairs that a request is about. Raises what `add_pairs` raises."""
    exchange = await exchanges.get(wanted.exchange)
    check_served(exchange)
    _check_request(wanted, exchange, now)
    chosen = await _listings(exchange, wanted.symbols)
    intervals = list(dict.fromkeys(wanted.intervals))
    _check_count(len(chosen) * len(intervals))
    return exchange, [_new_pair(chosen[symbol], step, now) for symbol in chosen for step in intervals]


async def _start(added: Sequence[Pair], wanted: NewPairs, queue: Queue) -> list[AskedJob]:
    asked: list[AskedJob] = []
    for step in dict.fromkeys(wanted.intervals):
        ids = [pair.id for pair in added if pair.timeframe.interval == step.text]
        start = step.floor(wanted.start) if wanted.start else None
        asked += await jobs.ask(ids, JobRequest(SyncKind.INITIAL, start, requested_by=wanted.requested_by))
    await queue.sync([job.id for job in asked if job.is_new])
    return asked


def _check_request(wanted: NewPairs, exchange: Exchange, now: datetime) -> None:
    count = len(set(wanted.symbols)) * len(set(wanted.intervals))
    if not count:
        raise BadInputError("symbols and intervals must name at least one each.")
    _check_count(count)
    check_range(wanted.start, None, now)
    for step in wanted.intervals:
        if step.text not in exchange.intervals:
            served = " ".join(exchange.intervals)
            raise BadInputError(f"{exchange.name} does not serve {step}; it serves {served}.")


def _check_count(pairs: int) -> None:
    if pairs > MAX_NEW_PAIRS:
        raise BadInputError(f"{pairs} pairs at once are too many; add at most {MAX_NEW_PAIRS} in a request.")


async def _listings(exchange: Exchange, symbols: Sequence[str]) -> dict[str, Listing]:
    """What the symbols and patterns stand for, each once."""
    patterns = [symbol for symbol in dict.fromkeys(symbols) if WILDCARD in symbol]
    found = await _named(exchange, [symbol for symbol in dict.fromkeys(symbols) if WILDCARD not in symbol])
    for pattern in patterns:
        found |= await _matching(exchange, pattern)
    return found


async def _matching(exchange: Exchange, pattern: str) -> dict[str, Listing]:
    _parsed(pattern)
    if exchange.markets_refreshed_at is None:
        told = f"The markets of {exchange.name} were never loaded, so nothing can match '{pattern}'"
        raise BadInputError(f"{told}; refreshMarkets loads them.")
    if matching := await listings.matching(exchange.id, pattern):
        return matching
    raise BadInputError(f"No market that {exchange.name} trades matches '{pattern}'; Exchange.markets lists them.")


async def _named(exchange: Exchange, names: Sequence[str]) -> dict[str, Listing]:
    """What the market list says of the symbols; where it was never loaded, what their names say."""
    parsed = {name: _parsed(name) for name in names}
    if exchange.markets_refreshed_at is None:
        return parsed
    known = await listings.named(exchange.id, names)
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
    sandbox = await exchanges.find(SANDBOX)
    if sandbox is None or not sandbox.is_configured or await pairs.exist():
        return
    start = DEMO_INTERVAL.floor(clock() - DEMO_SPAN)
    await add_pairs(NewPairs(SANDBOX, DEMO_SYMBOLS, [DEMO_INTERVAL], sync=True, start=start), queue, clock)
