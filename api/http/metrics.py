"""`/metrics`, for Prometheus."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from api.state import state_of
from domain.telemetry.exposition import CONTENT_TYPE, exposition


async def metrics(request: Request) -> Response:
    """What this process counted, or all of a run, and what is to do; away servers are told of, and no error."""
    observed = await state_of(request)["observer"].look()
    return Response(await asyncio.to_thread(exposition, observed), headers={"Content-Type": CONTENT_TYPE})
