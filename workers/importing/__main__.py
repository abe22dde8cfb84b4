"""`python -m workers.importing FILE --exchange … --symbol … --interval …`: candles of a CSV or Parquet file."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from domain.clock import Clock, system_clock
from domain.database import database
from domain.errors import DomainError
from domain.interval import Interval
from domain.migrate import require_current
from domain.outage import is_outage
from domain.records import Pair
from domain.settings import Settings, SettingsError
from domain.storage import pairs
from workers.importing.claims import covers
from workers.importing.errors import ImportRefusedError
from workers.importing.file_import import FileImport
from workers.importing.progress import ended, progress, say
from workers.importing.summary import foreseen, told


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0, 1 for an import that failed, 2 for one that was not understood, 130 after Ctrl-C."""
    given = _parser().parse_args(arguments)
    try:
        summary = asyncio.run(_run(given, system_clock))
        ended()
        print(summary)
    except (ImportRefusedError, SettingsError, DomainError) as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        _complain("Stopped. What is stored stays; the same command again adds the rest.")
        return 130
    except Exception as error:
        if not is_outage(error):
            raise
        _complain(f"PostgreSQL cannot be reached: {error}. What is stored stays; the same command again adds the rest.")
        return 1
    return 0


def _complain(words: str) -> None:
    ended()
    say(words)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="candelabra import",
        description=(
            "Stores the candles of a file, all of which is checked before any is stored. Runs where the installation "
            "does, with its environment."
        ),
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=".csv, .csv.gz, .csv.zst or .parquet with timestamp,open,high,low,close,volume, oldest first",
    )
    parser.add_argument("--exchange", required=True, help="name of the exchange, for example binance")
    parser.add_argument("--symbol", required=True, help="unified CCXT symbol, for example BTC/USDT")
    parser.add_argument("--interval", required=True, help="interval of the candles, for example 1m")
    parser.add_argument(
        "--covers",
        metavar="FROM..TO",
        help="the file has every candle that the exchange has of this range; "
        "without it, slots without a candle stay gaps, which are asked for at the exchange",
    )
    parser.add_argument("--dry-run", action="store_true", help="checks the file and stores nothing")
    return parser


async def _run(given: Namespace, clock: Clock) -> str:
    settings = Settings.load()
    step = Interval.parse(given.interval)
    now = clock()
    claimed = covers(given.covers, step, now) if given.covers else None
    await require_current(settings)
    async with database(settings):
        pair = await _pair(given.exchange, given.symbol, step)
        importing = FileImport(given.file, pair, claimed, now)
        contents = importing.check(progress("checked"))
        if given.dry_run:
            return foreseen(importing, contents)
        return told(importing, contents, await importing.store(progress(f"of {contents.count:,} stored")))


async def _pair(exchange: str, symbol: str, step: Interval) -> Pair:
    if pair := await pairs.find(exchange, symbol, step.text):
        return pair
    raise ImportRefusedError(
        f"There is no pair {exchange} {symbol} {step}; the mutation addPairs makes it, "
        "or `candelabra add EXCHANGE SYMBOL INTERVAL`."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
