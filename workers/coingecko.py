"""CoinGecko's list of coins, page by page, with its answers checked and its refusals translated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from domain import lengths
from domain.candle_source import SourceError
from domain.settings import Settings
from domain.storage.coingecko import ListedCoin
from domain.storage.filters import is_keepable
from workers.errors import retry_after_seconds

# Coins a page: the most that CoinGecko answers.
PAGE_COINS: Final = 250

# Pages that may be asked for in a minute: CoinGecko lets five to fifteen a minute pass without a key, and thirty with a
# free one.
_PAGES_A_MINUTE: Final = 5
_PAGES_A_MINUTE_WITH_KEY: Final = 25

# Seconds for an answer, to its last byte; and those to wait where CoinGecko asks us to, but not for how long.
_ANSWER_SECONDS: Final = 20.0
_SLOW_DOWN_SECONDS: Final = 60.0

# A page is some 250 kB.
_MOST_BYTES: Final = 8 << 20

_PATH: Final = "/coins/markets"

_TOO_MANY: Final = 429
_PASSING: Final = frozenset({408, 425})  # beside what the server says of itself
_SERVER_ERRORS: Final = 500

_Name: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=lengths.COIN_NAME)]


class _Row(BaseModel):
    """What we read of a coin."""

    id: _Name
    symbol: _Name
    name: _Name
    image: str | None = None
    market_cap_rank: int | None = Field(default=None, ge=1, lt=1 << 31)


@dataclass(frozen=True, slots=True)
class CoinGecko:
    """Coins by market capitalisation. `pages_a_minute` is how often it may be asked."""

    client: httpx.AsyncClient
    pages_a_minute: int
    answer_seconds: float

    async def page(self, number: int) -> list[ListedCoin]:
        """The coins of a page, counted from 1; none behind the last. Raises SourceError."""
        try:
            async with asyncio.timeout(self.answer_seconds):
                status, headers, body = await self._answer(number)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            told = f"CoinGecko cannot be reached: {str(error) or 'it did not answer in time'}"
            raise SourceError("COINGECKO_UNAVAILABLE", told, is_transient=True) from error
        _refuse(status, headers)
        return _coins(body)

    async def _answer(self, number: int) -> tuple[int, httpx.Headers, bytes]:
        asked: dict[str, str | int] = {
            "vs_currency": "usd",
            "order": "market_cap_desc",
            "per_page": PAGE_COINS,
            "page": number,
        }
        async with self.client.stream("GET", _PATH, params=asked) as response:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise _bad(f"it is longer than {_MOST_BYTES} bytes")
            return response.status_code, response.headers, bytes(body)


@asynccontextmanager
async def open_coingecko(settings: Settings, *, answer_seconds: float = _ANSWER_SECONDS) -> AsyncIterator[CoinGecko]:
    """Nothing is asked yet."""
    key = settings.coingecko_api_key.get_secret_value()
    headers = {_key_header(settings.coingecko_url): key} if key else {}
    pages = _PAGES_A_MINUTE_WITH_KEY if key else _PAGES_A_MINUTE
    async with httpx.AsyncClient(base_url=settings.coingecko_url, headers=headers, timeout=answer_seconds) as client:
        yield CoinGecko(client, pages, answer_seconds)


def _key_header(url: str) -> str:
    """Keys that are paid for have an address of their own."""
    plan = "pro" if (urlsplit(url).hostname or "").startswith("pro-") else "demo"
    return f"x-cg-{plan}-api-key"


def _refuse(status: int, headers: httpx.Headers) -> None:
    if status == httpx.codes.OK:
        return
    if status == _TOO_MANY:
        pause = retry_after_seconds(headers)
        seconds = _SLOW_DOWN_SECONDS if pause is None else pause
        raise SourceError("RATE_LIMITED", "CoinGecko asks us to slow down.", is_transient=True, retry_after=seconds)
    if status in _PASSING or status >= _SERVER_ERRORS:
        raise SourceError("COINGECKO_UNAVAILABLE", f"CoinGecko answered with status {status}.", is_transient=True)
    told = f"CoinGecko refuses this request with status {status}; look at COINGECKO_API_KEY and COINGECKO_URL."
    raise SourceError("COINGECKO_REFUSED", told, is_transient=False)


def _coins(body: bytes) -> list[ListedCoin]:
    """Rows that cannot be used are left out; an answer of nothing else is none."""
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _bad("it is no JSON") from None
    if not isinstance(rows, list):
        raise _bad("it is no list")
    coins = [coin for row in rows if (coin := _coin(row))]
    if rows and not coins:
        raise _bad("none of its rows is a coin")
    return coins


def _coin(row: Any) -> ListedCoin | None:
    try:
        read = _Row.model_validate(row)
    except ValidationError:
        return None
    if not all(map(is_keepable, (read.id, read.symbol, read.name))):
        return None
    return ListedCoin(read.id, read.symbol, read.name, read.market_cap_rank, _image(read.image))


def _image(url: str | None) -> str | None:
    """Browsers are sent there, so it is an address of the web or nothing; some coins have the name of a file."""
    if not url or len(url) > lengths.IMAGE_URL:
        return None
    return url if url.startswith(("https://", "http://")) and url.isprintable() else None


def _bad(what: str) -> SourceError:
    return SourceError(
        "BAD_COIN_LIST", f"CoinGecko answered with something that is no list: {what}.", is_transient=True
    )
