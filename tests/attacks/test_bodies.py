"""HTTP that is not as it should be: an answer of 4xx or none, and never a trace."""

import asyncio
import re
from typing import Final

import httpx
import pytest

from tests.api.process import Process
from tests.attacks.raw import QUERY, post, wired

CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
GET: Final = b"GET /graphql?query={__typename} HTTP/1.1\r\nHost: localhost\r\n"

REFUSED: Final = {
    "more than was told": (post(QUERY, len(QUERY) - 5), 400),
    "a length of nonsense": (post(b"", headers=b"Content-Length: many\r\n"), 400),
    "a length below zero": (post(b"", headers=b"Content-Length: -1\r\n"), 400),
    "two lengths": (post(QUERY, headers=b"Content-Length: 5\r\nContent-Length: 26\r\n"), 400),
    "a length and chunks": (post(QUERY, headers=b"Content-Length: 26\r\n" + CHUNKED), 400),
    "a length of 10 digits": (post(b"", 9_999_999_999), 413),
    "chunks without end": (post((b"2710\r\n" + b" " * 10_000 + b"\r\n") * 10, headers=CHUNKED), 413),
    "a chunk of nonsense": (post(b"zz\r\n{}\r\n", headers=CHUNKED), 400),
    "a header without a name": (GET + b": x\r\n\r\n", 400),
    "NUL in a header": (GET + b"X: a\0b\r\n\r\n", 400),
    "a method of nonsense": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "NUL in a text": (post(b'{"query":"{ coin(symbol: \\"\\u0000\\") { id } }\\u0000"}'), 200),
    "a lone surrogate": (post(b'{"query":"{ \\ud800 }"}'), 200),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_request_is_refused(development: Process, name: str) -> None:
    """Once, and whoever comes next is served; the log says at most a line about each."""
    request, status = REFUSED[name]
    before = development.log.read_text()
    async with asyncio.timeout(10), wired(development.url) as wire:
        await wire.send(request)
        head = await wire.head()
    told = development.log.read_text().removeprefix(before).splitlines()

    assert int(re.findall(rb"HTTP/1.1 (\d+)", head)[0]) == status
    assert len(told) <= 1, told
    async with httpx.AsyncClient(base_url=development.url) as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_headers_without_end_are_refused(development: Process) -> None:
    """431, after some 64 KiB; a request before them changes nothing, nor does a large body."""
    sent = 0
    async with asyncio.timeout(10), wired(development.url) as wire:
        await wire.send(post(b" " * 200_000))
        assert b"HTTP/1.1 413" in await wire.head()
        await wire.send(GET)
        try:
            while not wire.reader.at_eof() and sent < 16 << 20:
                await wire.send(b"X-Some: " + b"y" * 8_000 + b"\r\n")
                sent += 8_010
                await asyncio.sleep(0.001)
            assert b"HTTP/1.1 431" in await wire.answer()
        except (ConnectionResetError, BrokenPipeError):
            pass  # what is on its way when the server hangs up can take the answer with it

    print(f"{sent:,} bytes of 1,000,000")
    assert sent < 1_000_000
