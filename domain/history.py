"""Reading stored candles: which series answers, and a page of it."""

from domain.candle import Candle
from domain.errors import BadInputError, NotFoundError
from domain.interval import Interval
from domain.models import Pair
from domain.paging import Page, Reading
from domain.storage import candles, pairs


async def source(exchange: str, symbol: str, interval: Interval) -> Pair:
    """The pair whose candles answer for an interval; NotFoundError where nothing of the symbol is kept."""
    if pair := await pairs.find(exchange, symbol, interval.text):
        return pair
    stored = await pairs.stored_intervals(exchange, symbol)
    if not stored:
        raise NotFoundError("Nothing is collected under this exchange and symbol; the query pairs lists what is.")
    raise BadInputError(f"{symbol} of {exchange} is not stored at {interval}; stored: {' '.join(stored)}.")


async def read(series: int, reading: Reading) -> Page[Candle]:
    """BadInputError where the page cannot hold what was asked for."""
    if reading.window is None:
        return reading.page([])
    order = candles.newest if reading.is_newest else candles.oldest
    return reading.page(await order(series, reading.window, reading.limit + 1))


async def neighbours(series: int, page: Page[Candle]) -> tuple[bool, bool]:
    """Whether there is a previous and a next page."""
    earlier, later = page.unsettled
    if earlier is None and later is None:
        return page.neighbours(earlier=False, later=False)
    has_earlier, has_later = await candles.exist(series, earlier, later)
    return page.neighbours(earlier=has_earlier, later=has_later)
