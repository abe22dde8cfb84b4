"""The GraphQL server that everyone writes first with Strawberry: typed objects, resolved by its own executor.

python -m tests.bench.reads.stock --port 9001 --host /folder/of/the/socket --database large
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Final, Self

import asyncpg
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from typing_extensions import override

from tests.bench.reads.arguments import Arguments
from tests.bench.reads.pool import open_pool
from tests.bench.reads.serve import serve

_CANDLES: Final = """
SELECT timestamp, open, high, low, close, volume FROM candles
WHERE series = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp
"""

From = Annotated[datetime, strawberry.argument(name="from")]
To = Annotated[datetime, strawberry.argument(name="to")]


@strawberry.type
class Candle:
    timestamp: datetime
    open: str
    high: str
    low: str
    close: str
    volume: str

    @classmethod
    def of(cls, row: "asyncpg.Record") -> Self:
        return cls(
            timestamp=row["timestamp"],
            open=str(row["open"]),
            high=str(row["high"]),
            low=str(row["low"]),
            close=str(row["close"]),
            volume=str(row["volume"]),
        )


@strawberry.type
class Query:
    @strawberry.field
    async def candles(self, info: strawberry.Info[Any, None], series: int, start: From, end: To) -> list[Candle]:
        rows = await info.context["pool"].fetch(_CANDLES, series, start, end)
        return [Candle.of(row) for row in rows]


class Endpoint(GraphQL[Any, None]):
    @override
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        return {"pool": request.state.pool}


def app(arguments: Arguments) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, asyncpg.Pool]]:
        async with open_pool(arguments) as pool:
            yield {"pool": pool}

    return Starlette(routes=[Route("/graphql", Endpoint(strawberry.Schema(Query)))], lifespan=lifespan)


if __name__ == "__main__":
    given = Arguments.parse("tests.bench.reads.stock")
    serve(app(given), given.port)
