"""HTTP requests as bytes, made before the clock runs."""

from typing import Any, Final

import orjson

_HOST: Final = b"Host: 127.0.0.1\r\nAccept: application/json\r\n"


def graphql(query: str, **variables: Any) -> bytes:
    body = orjson.dumps({"query": query, "variables": variables})
    head = b"POST /graphql HTTP/1.1\r\n%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (_HOST, len(body)) + body


def get(path: str) -> bytes:
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (path.encode(), _HOST)
