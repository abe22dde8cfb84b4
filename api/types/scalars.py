"""The scalars of the contract, and the Python types that stand for them."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.errors import BadInputError
from domain.interval import Interval

_FORMATTED: Final = 4_096  # instants, of which those of the newest candles are written again and again

DecimalText = NewType("DecimalText", str)
UnixTime = NewType("UnixTime", int)
BigInt = NewType("BigInt", int)


def parse_instant(value: object) -> datetime:
    """Any offset is understood; a text without one is UTC. BadInputError for what is no instant."""
    if not isinstance(value, str):
        raise BadInputError("write an instant as text, like 2024-03-01T00:00:00Z")
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadInputError("this is no instant; write it like 2024-03-01T00:00:00Z") from None


@lru_cache(maxsize=_FORMATTED)
def format_instant(at: datetime) -> str:
    text = at.astimezone(UTC).isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if "." in text else text) + "Z"


def _parse_interval(value: object) -> Interval:
    if not isinstance(value, str):
        raise BadInputError("write an interval as text, like 1m, 4h, 1d, 1w or 1M")
    return Interval.parse(value)


def _parse_whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInputError("this is no whole number")
    return value


def _parse_decimal(value: object) -> str:
    if not isinstance(value, str):
        raise BadInputError("write an exact decimal number as text, like 0.00000234")
    return value


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "ISO 8601 instant in UTC with a trailing Z and no more digits than it needs: 2024-03-01T00:00:00Z. "
            "Input may carry any offset; without one it is UTC."
        ),
        serialize=format_instant,
        parse_value=parse_instant,
    ),
    DecimalText: strawberry.scalar(
        name="Decimal",
        description=(
            "Exact decimal number as a JSON string, digit for digit what the exchange sent "
            "(no trailing zeros added or rounded away, no exponent)."
        ),
        serialize=str,
        parse_value=_parse_decimal,
    ),
    UnixTime: strawberry.scalar(
        name="UnixTime",
        description="Whole seconds since 1970-01-01T00:00:00Z, as a JSON number.",
        serialize=int,
        parse_value=_parse_whole,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="Whole number that may exceed 32 bits, as a JSON number.",
        serialize=int,
        parse_value=_parse_whole,
    ),
    Interval: strawberry.scalar(
        name="Interval",
        description=(
            "Timeframe in CCXT notation: 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M. "
            "Weeks start on Monday 00:00 UTC; months are calendar months."
        ),
        serialize=str,
        parse_value=_parse_interval,
    ),
}
