"""The least that can answer over HTTP from Python: candles as PostgreSQL renders them, and a body that never changes.

python -m tests.bench.reads.plain --port 9001 --host /folder/of/the/socket --database large --body FILE
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.reads.arguments import Arguments
from tests.bench.reads.pool import open_pool
from tests.bench.reads.serve import serve

_JSON: Final = "application/json"

_CANDLES: Final = """
SELECT json_agg(json_build_object('timestamp', timestamp, 'open', open::text, 'high', high::text, 'low', low::text,
    'close', close::text, 'volume', volume::text))
FROM (
    SELECT timestamp, open, high, low, close, volume FROM candles
    WHERE series = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp
) AS c
"""


async def candles(request: Request) -> Response:
    """Answers /candles?series=1&from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z as an array of objects."""
    asked = request.query_params
    window = (datetime.fromisoformat(asked[name]) for name in ("from", "to"))
    return Response(await request.state.pool.fetchval(_CANDLES, int(asked["series"]), *window), media_type=_JSON)


def app(arguments: Arguments) -> Starlette:
    body = arguments.body.read_bytes() if arguments.body else b""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, asyncpg.Pool]]:
        async with open_pool(arguments) as pool:
            yield {"pool": pool}

    async def constant(_: Request) -> Response:
        return Response(body, media_type=_JSON)

    return Starlette(routes=[Route("/candles", candles), Route("/constant", constant)], lifespan=lifespan)


if __name__ == "__main__":
    given = Arguments.parse("tests.bench.reads.plain")
    serve(app(given), given.port)
