"""What exists before anyone asks: the timeframes and the exchanges of the configuration."""

from domain.exchanges_file import configured_exchanges, entries
from domain.interval import STANDARD_INTERVALS, interval
from domain.settings import Settings
from domain.storage import exchanges, timeframes


async def seed(settings: Settings, *, decides: bool) -> None:
    """Safe to run at every start of every process. Raises SettingsError when the exchanges file cannot be used.

    Workers decide what is configured, since they are who asks exchanges: an API that starts with an older file would
    else switch off what they collect. It only makes exist what is not there yet.
    """
    configured = configured_exchanges(settings)
    texts = {text for exchange in configured for text in exchange.intervals}
    await timeframes.seed([*STANDARD_INTERVALS, *map(interval, texts - {item.text for item in STANDARD_INTERVALS})])
    await exchanges.seed(entries(configured, settings), default_rate_limit=settings.ccxt_rate_limit, decides=decides)
