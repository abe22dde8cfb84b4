"""Cursors and candle ids: opaque texts that stand for a place and stay true when rows come in."""

import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from domain.clock import END_OF_TIME, EPOCH, MICROSECOND
from domain.errors import BadInputError
from domain.paging import PageRequest

_VERSION: Final = 1
_PLACE: Final = struct.Struct(">Bq")  # version, open time in microseconds since 1970
_CANDLE: Final = struct.Struct(">B16sq")  # version, pair, open time


def time_cursor(at: datetime) -> str:
    return urlsafe_b64encode(_PLACE.pack(_VERSION, (at - EPOCH) // MICROSECOND)).decode()


def cursor_time(cursor: str | None, name: str) -> datetime | None:
    """The open time that a candle's cursor stands for; BadInputError, by the argument's name, where it is none."""
    if cursor is None:
        return None
    try:
        version, since = _PLACE.unpack(_decoded(cursor))
        at: datetime = EPOCH + since * MICROSECOND
    except (ValueError, OverflowError, struct.error):
        raise _bad(name) from None
    if version != _VERSION or at >= END_OF_TIME:
        raise _bad(name)
    return at


def page_request(
    *,
    start: datetime | None,
    end: datetime | None,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> PageRequest:
    """What the arguments of a list of candles ask for; BadInputError for a cursor that is none."""
    return PageRequest(start, end, first, cursor_time(after, "after"), last, cursor_time(before, "before"))


def key_cursor(key: Sequence[str]) -> str:
    return urlsafe_b64encode(orjson.dumps(key)).decode()


def cursor_key(cursor: str, name: str) -> list[str]:
    """The key that an entity's cursor stands for; BadInputError, by the argument's name, where it is none."""
    try:
        key = orjson.loads(_decoded(cursor))
    except ValueError:
        raise _bad(name) from None
    if not isinstance(key, list) or not all(isinstance(part, str) for part in key):
        raise _bad(name)
    return key


def candle_id(pair_id: UUID, at: datetime) -> str:
    return urlsafe_b64encode(_CANDLE.pack(_VERSION, pair_id.bytes, (at - EPOCH) // MICROSECOND)).decode()


def _decoded(cursor: str) -> bytes:
    return b64decode(cursor, altchars=b"-_", validate=True)


def _bad(name: str) -> BadInputError:
    return BadInputError(f"{name} is not a cursor of this list; take one from pageInfo or edges.")
