"""Candles as files of any length: `candles.csv` and its like."""

import asyncio
import re
from collections.abc import AsyncGenerator
from concurrent.futures import Executor
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.context import Context
from api.exports.ahead import ahead
from api.exports.compression import COMPRESSORS, Compressor, Identity, preferred
from api.exports.encoders import Encoder
from api.exports.formats import FORMATS, Format
from api.exports.paths import export_path
from api.exports.reader import Reader
from api.exports.request import ExportRequest
from api.exports.stream import Stream
from api.plain.endpoint import PlainEndpoint
from api.state import state_of
from domain import exporting, history
from domain.errors import NotFoundError
from domain.storage.stretches import Stretch

_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9.]+")


def export_routes(prefix: str) -> list[Route]:
    answers = {ending: Export(ending, kind).answer for ending, kind in FORMATS.items()}
    return [
        Route(
            f"{export_path(prefix)}.{ending}",
            PlainEndpoint(answer, lambda refusal: refusal.graphql, takes_its_time=True),
        )
        for ending, answer in {**answers, "{ending}": _no_such_format}.items()
    ]


async def _no_such_format(_: Request, __: Context) -> Response:
    raise NotFoundError(f"There are no exports of this format; there are {', '.join(FORMATS)}.")


@dataclass(frozen=True, slots=True)
class Export:
    ending: str
    format: Format

    async def answer(self, request: Request, context: Context) -> Response:
        """The first stretch has been read by then, so that what is wrong can still be told."""
        asked = ExportRequest.of(request.query_params)
        source = await history.source(
            context.find_series, asked.market, asked.interval, is_filled=asked.is_filled, now=context.now
        )
        encoding = None if self.format.is_compressed else preferred(request.headers.get("accept-encoding", ""))
        with ExitStack() as stack:
            room = state_of(request)["exports"]
            stack.enter_context(room.place())
            read = Reader(request, context, room)
            line = self.format.line(asked.fields)
            stretches = ahead(exporting.parts(source, asked.page, line, read))
            compressor = COMPRESSORS[encoding]() if encoding else Identity()
            body = _encoded(stretches, self.format.encoder(asked.fields), compressor, room.encoding)
            first = await anext(body)
            headers = self._headers(asked, encoding)
            return Stream(first, body, headers, self.format.media_type, context.request_id, stack.pop_all())

    def _headers(self, asked: ExportRequest, encoding: str | None) -> dict[str, str]:
        name = "-".join(_UNUSUAL.sub("-", part) for part in (*asked.market, asked.interval.text))
        return {
            "Content-Disposition": f'attachment; filename="{name}.{self.ending}"',
            "Cache-Control": "no-store",
            "Vary": "Accept-Encoding",
            **({"Content-Encoding": encoding} if encoding else {}),
        }


async def _encoded(
    stretches: AsyncGenerator[Stretch, None], encoder: Encoder, compressor: Compressor, thread: Executor
) -> AsyncGenerator[bytes, None]:
    """At least once something, which may be empty."""

    def made(text: str) -> bytes:
        return compressor.compress(encoder.add(text))

    def ended() -> bytes:
        return compressor.compress(encoder.end()) + compressor.flush()

    loop, begun = asyncio.get_running_loop(), compressor.compress(encoder.begin())
    async with aclosing(stretches):
        async for stretch in stretches:
            yield begun + await loop.run_in_executor(thread, made, stretch.text)
            begun = b""
    yield begun + await loop.run_in_executor(thread, ended)
