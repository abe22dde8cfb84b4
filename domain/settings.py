"""The environment, read once and typed. A missing or wrong variable stops the start with its name."""

import json
import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AliasChoices, AnyHttpUrl, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis.asyncio.connection import parse_url

EMBEDDED_FILE: Final = "embedded.json"

# Seconds after which PostgreSQL cuts a statement off, so that no operation can have longer.
STATEMENT_SECONDS: Final = 30

# What a key or an address may ask for in a minute where keys are needed, unless the environment says otherwise:
# a hundred requests a second, and sixty of the costliest queries.
_REQUESTS_A_MINUTE: Final = 6_000
_COST_A_MINUTE: Final = 30_000_000

# Addresses that a server listens on for all of its machine's, and where that machine reaches it.
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # listens, is not listened to

# In a URL, which is shown where it is wrong.
_PASSWORD: Final = re.compile(r"(://[^/@]*:)[^/@]*@")


class SettingsError(Exception):
    """What is wrong with the environment, in one sentence a line."""


class UnreachableError(SettingsError):
    """The environment names a server that is not there now, and may be there later."""


class AppEnv(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class Seed(StrEnum):
    DEMO = "demo"
    NONE = "none"


class Settings(BaseSettings):
    """Every setting under the name of its environment variable.

    Without `DB_HOST` or `REDIS_URL` the servers that `make run` started on the same `DATA_DIR` are used.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    app_env: AppEnv = AppEnv.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65_535)
    api_prefix: str = Field(
        default="api/v1",
        pattern=r"^[a-z0-9._-]+(/[a-z0-9._-]+)*$",
        description="of the paths of exports and chart feed",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="of pages elsewhere that may ask, as browsers send them, with commas between"
    )
    data_dir: Path = Path(".data")
    exchanges_file: Path = Path("exchanges.toml")
    seed: Seed = Seed.DEMO
    max_page_candles: int = Field(default=10_000, ge=1, le=100_000, description="candles that one list may hold")
    max_query_cost: int = Field(default=500_000, ge=1, description="candles times fields that one query may read")
    max_query_seconds: float = Field(
        default=STATEMENT_SECONDS, gt=0, le=STATEMENT_SECONDS, description="that one operation may take"
    )
    max_connections: int = Field(default=1_500, ge=1, description="from one address; a proxy is one")
    max_sockets: int = Field(default=1_000, ge=1, description="WebSockets from one address; a proxy is one")
    max_socket_operations: int = Field(default=500, ge=1, description="operations at a time on one WebSocket")
    rate_limit_per_minute: int | None = Field(default=None, ge=1, description="requests of a key or an address")
    cost_limit_per_minute: int | None = Field(default=None, ge=1, description="what those may cost together")
    max_exports: int = Field(default=8, ge=1, description="exports at a time, in each process")
    page_cache_bytes: int = Field(default=64 << 20, ge=0, description="memory for pages of candles, in each process")

    db_host: str = ""
    db_port: int = 5432
    db_user: str = Field(default="postgres", validation_alias=AliasChoices("DB_USERNAME", "db_user"))
    db_password: SecretStr = SecretStr("")
    db_name: str = "candelabra"
    db_replica_host: str = ""
    db_replica_port: int | None = Field(default=None, description="DB_PORT where it is left out")
    db_pool_size: int = Field(default=10, ge=1, le=1_000)
    redis_url: str = ""
    sandbox_url: str = ""

    ccxt_rate_limit: int = Field(default=1_000, ge=0, description="milliseconds between requests")
    ccxt_timeout: int = Field(default=30_000, ge=1, description="milliseconds before a request is given up")

    coingecko_url: str = Field(default="https://api.coingecko.com/api/v3", pattern="^https?://.")
    coingecko_api_key: SecretStr = SecretStr("")

    log_format: LogFormat | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65_535, description="where metrics are shown; 0 for nowhere")
    sentry_dsn: SecretStr = SecretStr("")

    # OpenTelemetry reads its variables itself, and more than these.
    otel_exporter_otlp_endpoint: AnyHttpUrl | None = None
    otel_exporter_otlp_traces_endpoint: AnyHttpUrl | None = None
    otel_exporter_otlp_headers: SecretStr = SecretStr("")
    otel_exporter_otlp_traces_headers: SecretStr = SecretStr("")
    otel_exporter_otlp_protocol: Literal["http/protobuf"] = "http/protobuf"
    otel_exporter_otlp_traces_protocol: Literal["http/protobuf"] = "http/protobuf"
    otel_sdk_disabled: bool = False

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(one.strip() for one in value.split(",") if one.strip()) if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not _is_origin(one):
                raise ValueError(f"{one} is no origin as browsers send it, like https://charts.example")
        return value

    @field_validator("redis_url")
    @classmethod
    def _usable(cls, url: str) -> str:
        if url:
            parse_url(url)
        return url

    @model_validator(mode="after")
    def _complete(self) -> Self:
        found = _started(self.data_dir / EMBEDDED_FILE)
        if "db_host" in found and not self.db_host:
            self._fill(db_host=found["db_host"], db_port=5432, db_user="postgres", db_password=SecretStr(""))
        if "redis_url" in found and not self.redis_url:
            self._fill(redis_url=found["redis_url"])
        if "sandbox_url" in found and not self.sandbox_url:
            self._fill(sandbox_url=found["sandbox_url"])
        return self

    def _fill(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def is_production(self) -> bool:
        return self.app_env is AppEnv.PRODUCTION

    @property
    def logs_json(self) -> bool:
        return self.log_format is LogFormat.JSON or (self.log_format is None and self.is_production)

    @property
    def sends_traces(self) -> bool:
        endpoint = self.otel_exporter_otlp_traces_endpoint or self.otel_exporter_otlp_endpoint
        return endpoint is not None and not self.otel_sdk_disabled

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine can reach the API."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def requires_key(self) -> bool:
        return self.is_production or not self.is_local

    @property
    def limits_per_minute(self) -> tuple[int, int] | None:
        """Requests and their cost; None where nothing is limited."""
        requests, cost = self.rate_limit_per_minute, self.cost_limit_per_minute
        if not (requests or cost or self.requires_key):
            return None
        return requests or _REQUESTS_A_MINUTE, cost or _COST_A_MINUTE

    @classmethod
    def load(cls) -> Self:
        """Raises SettingsError naming every variable that is missing or wrong."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError("\n".join(_sentence(item) for item in error.errors())) from None


def loopback_of(host: str) -> str:
    """Where this machine reaches what listens on a HOST."""
    return _LOOPBACK.get(host, host)


def _started(file: Path) -> dict[str, str]:
    """Where the servers are that `make run` started; nothing where there are none."""
    try:
        found: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
    except (OSError, ValueError) as error:
        told = f"{file}, where `make run` notes its servers, cannot be read: {error}"
        raise SettingsError(f"{told}. Stop that run, delete the file, or choose another DATA_DIR.") from None
    return found


def _sentence(item: ErrorDetails) -> str:
    name = "_".join(str(part) for part in item["loc"]).upper()
    given = _PASSWORD.sub(r"\1…@", repr(item["input"]))
    return f"{name}={given} is not usable: {item['msg'].removeprefix('Value error, ')}."


def _is_origin(text: str) -> bool:
    """Scheme, name and port where it is not the scheme's own, in small letters: no browser sends more, or a pattern."""
    try:
        return not set("*@") & set(text) and str(AnyHttpUrl(text)) == f"{text}/"
    except ValidationError:
        return False
