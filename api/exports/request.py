"""What an export is asked for: the arguments of `candles`."""

from dataclasses import dataclass
from typing import Final, Self

from starlette.datastructures import QueryParams

from api.plain.parameters import Parameters
from api.types.candle import Fill
from api.types.scalars import parse_instant
from domain import paging
from domain.errors import BadInputError
from domain.interval import Interval
from domain.paging import PageRequest
from domain.storage.series import MarketName
from domain.timerange import TimeRange

PRICES: Final = ("open", "high", "low", "close", "volume")
USUAL_FIELDS: Final = ("timestamp", *PRICES)
FLAGS: Final = ("isComplete", "isFilled")
_FIELDS: Final = (*USUAL_FIELDS, *FLAGS)
_NAMES: Final = ("exchange", "symbol", "interval", "from", "to", "first", "fill", "fields")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """`first` is the most candles wanted; None for all of them."""

    market: MarketName
    interval: Interval
    within: TimeRange
    first: int | None
    is_filled: bool
    fields: tuple[str, ...]

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Raises BadInputError."""
        given = Parameters.of(query, _NAMES)
        start, end = given.text("from"), given.text("to")
        page = PageRequest(parse_instant(start) if start else None, parse_instant(end) if end else None)
        paging.check_order(page.start, page.end)
        return cls(
            MarketName(given.required("exchange"), given.required("symbol")),
            Interval.parse(given.required("interval")),
            page.asked,
            _first(given.whole("first")),
            _is_filled(given.text("fill")),
            _fields(given.text("fields")),
        )


def _first(count: int | None) -> int | None:
    if count is not None and count < 0:
        raise BadInputError("first must not be negative.")
    return count


def _is_filled(text: str | None) -> bool:
    try:
        return Fill[text or Fill.NONE.name].is_filled
    except KeyError:
        raise BadInputError(f"fill is one of {', '.join(item.name for item in Fill)}.") from None


def _fields(text: str | None) -> tuple[str, ...]:
    wanted = tuple(text.split(",")) if text else USUAL_FIELDS
    if len(set(wanted)) < len(wanted) or not set(wanted) <= set(_FIELDS):
        raise BadInputError(f"fields are some of {','.join(_FIELDS)}, each once.")
    return wanted
