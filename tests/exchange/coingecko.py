"""CoinGecko on the loopback address, with rows of the shape that it sends."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

COINGECKO: Final = "coingecko"


def coin(symbol: str, name: str, rank: int | None = None, **values: Any) -> dict[str, Any]:
    """A row of /coins/markets; `values` differ."""
    coin_id = name.lower().replace(" ", "-")
    return {
        "id": coin_id,
        "symbol": symbol,
        "name": name,
        "image": f"https://coin-images.coingecko.com/coins/images/1/large/{coin_id}.png?1696501400",
        "current_price": 70187.12,
        "market_cap": 1381651251183,
        "market_cap_rank": rank,
        "fully_diluted_valuation": 1474623675796,
        "total_volume": 20154184933.5,
        "high_24h": 70215,
        "low_24h": 68060,
        "price_change_24h": 2126.88,
        "price_change_percentage_24h": 3.12502,
        "circulating_supply": 19675987.0,
        "total_supply": 21000000.0,
        "max_supply": None,
        "ath": 73738,
        "ath_change_percentage": -4.77063,
        "ath_date": "2024-03-14T07:10:36.635Z",
        "roi": None,
        "last_updated": "2024-04-07T16:49:31.736Z",
        **values,
    }


class StandInCoinGecko:
    """Serves `coins`, so many a page as is asked for, or `page_coins`; remembers the headers that it was sent."""

    def __init__(self, *coins: dict[str, Any], page_coins: int | None = None) -> None:
        self.coins = list(coins)
        self.page_coins = page_coins
        self.headers: list[dict[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.headers.append(dict(request.headers))
        await self._answer(request)(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        asked = request.query_params
        if request.url.path != "/coins/markets" or asked["vs_currency"] != "usd":
            return Response(b'{"error":"Incorrect path."}', 404)
        count = self.page_coins or int(asked["per_page"])
        start = (int(asked["page"]) - 1) * count
        return Response(orjson.dumps(self.coins[start : start + count]), media_type="application/json")
