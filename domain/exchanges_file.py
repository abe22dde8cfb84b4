"""`exchanges.toml`: the exchanges of this installation, and the only thing that can point CCXT at an address."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from domain import lengths
from domain.errors import BadInputError
from domain.interval import STANDARD_INTERVALS, Interval
from domain.settings import Settings, SettingsError
from domain.storage.exchanges import ExchangeEntry

SANDBOX: Final = "sandbox"

_CREDENTIALS: Final = ("apiKey", "secret", "uid", "login", "password", "twofa", "privateKey", "walletAddress", "token")


def _interval(text: str) -> str:
    try:
        return Interval.parse(text).text
    except BadInputError as error:
        raise ValueError(str(error)) from None


class TimeframeConfig(BaseModel):
    """An interval to offer; status 0 switches it off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: Annotated[str, AfterValidator(_interval)]
    status: int = Field(default=1, ge=0, le=1)


class ExchangeConfig(BaseModel):
    """One `[[exchange]]` table; `rate_limit` and `timeout` in milliseconds, None for CCXT's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_-]+$", max_length=lengths.EXCHANGE_NAME)
    adapter: str = Field(default="", pattern=r"^[a-z0-9_]*$", max_length=lengths.EXCHANGE_NAME)
    rate_limit: int | None = Field(default=None, ge=0)
    timeout: int | None = Field(default=None, ge=1)
    timeframes: tuple[TimeframeConfig, ...] = ()
    ccxt: dict[str, Any] = Field(default_factory=dict)

    @property
    def ccxt_id(self) -> str:
        return self.adapter or self.name

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the exchange knows us by; CCXT's names for it."""
        return tuple(str(self.ccxt[name]) for name in _CREDENTIALS if self.ccxt.get(name))

    @property
    def intervals(self) -> tuple[str, ...]:
        """What is configured; every standard interval where nothing is."""
        configured = tuple(item.interval for item in self.timeframes if item.status)
        return configured or tuple(item.text for item in STANDARD_INTERVALS)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    exchange: list[ExchangeConfig] = Field(default_factory=list)


def load_exchanges(path: Path) -> list[ExchangeConfig]:
    """The exchanges of a file; SettingsError in one sentence when it cannot be used."""
    try:
        exchanges = _File.model_validate(tomllib.loads(path.read_text())).exchange
    except OSError as error:
        told = f"The exchanges file {path} cannot be read: {error.strerror}"
        raise SettingsError(f"{told}. Make it, or correct EXCHANGES_FILE.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}.") from None
    except ValidationError as error:
        item = error.errors()[0]
        where = ".".join(str(part) for part in item["loc"])
        told = item["msg"].removeprefix("Value error, ").rstrip(".")
        raise SettingsError(f"{path} is not usable: {where}: {told}.") from None
    names = [exchange.name for exchange in exchanges]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SettingsError(f"{path} is not usable: the exchange '{twice}' stands there twice.")
    return exchanges


def configured_exchanges(settings: Settings) -> list[ExchangeConfig]:
    """The exchanges of the file, and the sandbox where one runs; SettingsError when the file cannot be used.

    An installation need not have the file, unless it names one.
    """
    is_named = "exchanges_file" in settings.model_fields_set
    exchanges = load_exchanges(settings.exchanges_file) if is_named or settings.exchanges_file.exists() else []
    if settings.sandbox_url and not settings.is_production:
        exchanges = [*(item for item in exchanges if item.name != SANDBOX), _sandbox(settings.sandbox_url)]
    return exchanges


def _sandbox(url: str) -> ExchangeConfig:
    urls = {"api": {"public": f"{url}/api/v3"}}
    return ExchangeConfig(name=SANDBOX, adapter="binance", rate_limit=5, ccxt={"urls": urls})


def entries(exchanges: list[ExchangeConfig], settings: Settings) -> list[ExchangeEntry]:
    """The rows that the exchanges table gets."""
    return [
        ExchangeEntry(
            exchange.name,
            exchange.ccxt_id,
            exchange.rate_limit,
            exchange.timeout or settings.ccxt_timeout,
            exchange.intervals,
        )
        for exchange in exchanges
    ]
