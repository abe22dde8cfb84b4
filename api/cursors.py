"""Cursors and candle ids: opaque texts that stand for a place and stay true when rows come in."""

import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from domain.clock import EPOCH
from domain.errors import BadInputError

_VERSION: Final = 1
_PLACE: Final = struct.Struct(">Bq")  # version, open time in microseconds since 1970
_CANDLE: Final = struct.Struct(">B16sq")  # version, pair, open time
_MICROSECOND: Final = timedelta(microseconds=1)
_END: Final = datetime.max.replace(tzinfo=UTC)


def time_cursor(at: datetime) -> str:
    return urlsafe_b64encode(_PLACE.pack(_VERSION, (at - EPOCH) // _MICROSECOND)).decode()


def cursor_time(cursor: str | None, name: str) -> datetime | None:
    """The open time that a candle's cursor stands for; BadInputError, by the argument's name, where it is none."""
    if cursor is None:
        return None
    try:
        version, since = _PLACE.unpack(_decoded(cursor))
        at: datetime = EPOCH + since * _MICROSECOND
    except (ValueError, OverflowError, struct.error):
        raise _bad(name) from None
    if version != _VERSION or at >= _END:
        raise _bad(name)
    return at


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
    return urlsafe_b64encode(_CANDLE.pack(_VERSION, pair_id.bytes, (at - EPOCH) // _MICROSECOND)).decode()


def _decoded(cursor: str) -> bytes:
    return b64decode(cursor, altchars=b"-_", validate=True)


def _bad(name: str) -> BadInputError:
    return BadInputError(f"{name} is not a cursor of this list; take one from pageInfo or edges.")
