"""What an import has done, for the person who gave it."""

from domain.storage.candles import Written
from domain.timerange import TimeRange
from workers.importing.file_import import Contents, FileImport


def foreseen(importing: FileImport, contents: Contents) -> str:
    """Of a file that is only checked."""
    return "\n".join((f"{importing.path.name} can be stored: {_span(contents)}", _covered(importing.claimed, contents)))


def told(importing: FileImport, contents: Contents, written: Written) -> str:
    pair = importing.pair
    same = contents.count - written.added - written.revised
    market = f"{pair.exchange.name} {pair.symbol} {pair.timeframe.interval}"
    stored = f"{importing.path.name} is stored in {market}: {_span(contents)}"
    changed = f"{written.added:,} new, {written.revised:,} corrected, {same:,} as they were."
    return "\n".join((stored, changed, _covered(importing.claimed, contents)))


def _span(contents: Contents) -> str:
    return f"{contents.count:,} candles from {contents.first:%Y-%m-%d %H:%M} to {contents.last:%Y-%m-%d %H:%M} UTC."


def _covered(claimed: TimeRange | None, contents: Contents) -> str:
    if claimed:
        return f"Everything from {claimed.start:%Y-%m-%d %H:%M} to {claimed.end:%Y-%m-%d %H:%M} UTC counts as covered."
    if contents.holes:
        holes = "1 hole" if contents.holes == 1 else f"{contents.holes:,} holes"
        return f"{holes} between them: what is not covered yet stays a gap, which the next REPAIR asks for."
    return "There is no hole between them."
