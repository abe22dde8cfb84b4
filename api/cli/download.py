"""Downloading from the API over HTTP."""

from collections.abc import Iterator, Mapping
from json import JSONDecodeError
from typing import NoReturn

import httpx

from api.cli.client import refusal
from api.cli.errors import CommandError, UnreachableError


def pieces(client: httpx.Client, url: str, arguments: Mapping[str, str]) -> Iterator[bytes]:
    """What the API sends, unpacked.

    Raises ApiError for what it refuses, UnreachableError where it does not answer or its answer breaks off.
    """
    try:
        with client.stream("GET", url, params=arguments) as answer:
            if answer.status_code != httpx.codes.OK:
                answer.read()
                _refuse(answer)
            yield from answer.iter_bytes()
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise UnreachableError(
            f"The download from {url} broke off: {str(error) or 'the connection was lost'}."
        ) from error


def _refuse(answer: httpx.Response) -> NoReturn:
    try:
        told = answer.json()["errors"][0]
    except (JSONDecodeError, UnicodeDecodeError, LookupError, TypeError):
        raise CommandError(f"{answer.url} has no export (HTTP status {answer.status_code}).") from None
    error = refusal(told)
    wait = answer.headers.get("retry-after", "")
    error.retry_after = float(wait) if wait.isdecimal() else None
    raise error
