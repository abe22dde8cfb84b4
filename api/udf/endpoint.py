"""TradingView's Universal Data Feed, as its Charting Library asks for it.

Protocol: https://www.tradingview.com/charting-library-docs/latest/connecting_data/UDF.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.context import Context
from api.plain.endpoint import PlainEndpoint
from api.plain.parameters import Parameters
from api.plain.refusals import Refusal
from api.udf.bars import BarsRequest, bars
from api.udf.resolutions import resolutions
from api.udf.symbols import KIND, search_result, symbol_info
from domain.errors import NotFoundError
from domain.interval import STANDARD_INTERVALS
from domain.storage import exchanges, tickers

_USUAL_RESULTS: Final = 30
_MOST_RESULTS: Final = 100


def udf_routes(prefix: str) -> list[Route]:
    answers = {"config": _config, "symbols": _symbols, "search": _search, "history": _history, "time": _time}
    return [Route(f"/{prefix}/udf/{name}", PlainEndpoint(answer, _shape)) for name, answer in answers.items()]


def _shape(refusal: Refusal) -> dict[str, Any]:
    return {"s": "error", "errmsg": refusal.message, "code": refusal.code}


async def _config(_: Request, __: Context) -> Response:
    listed = await exchanges.listed()
    return JSONResponse(
        {
            "supports_search": True,
            "supports_group_request": False,
            "supports_marks": False,
            "supports_timescale_marks": False,
            "supports_time": True,
            "supported_resolutions": resolutions(STANDARD_INTERVALS),
            "exchanges": [
                {"value": "", "name": "All exchanges", "desc": ""},
                *({"value": one.name, "name": one.name, "desc": one.name} for one in listed),
            ],
            "symbols_types": [{"value": KIND, "name": "Crypto"}],
        }
    )


async def _symbols(request: Request, _: Context) -> Response:
    ticker = await tickers.find(Parameters.of(request.query_params).required("symbol"))
    if ticker is None:
        raise NotFoundError("unknown_symbol")
    return JSONResponse(symbol_info(ticker, await tickers.precision(ticker)))


async def _search(request: Request, _: Context) -> Response:
    given = Parameters.of(request.query_params)
    limit = min(given.whole("limit") or _USUAL_RESULTS, _MOST_RESULTS)
    if given.text("type") not in {None, KIND}:
        return JSONResponse([])
    found = await tickers.search(given.text("query") or "", given.text("exchange") or "", max(1, limit))
    return JSONResponse([search_result(ticker) for ticker in found])


async def _history(request: Request, context: Context) -> Response:
    return Response(await bars(BarsRequest.of(request.query_params), context), media_type="application/json")


async def _time(_: Request, context: Context) -> Response:
    return PlainTextResponse(str(int(context.now.timestamp())))
