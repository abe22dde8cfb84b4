"""What an export is asked for: the arguments of `candles`."""

from dataclasses import dataclass
from typing import Final, Self

from starlette.datastructures import QueryParams

from api.cursors import page_request
from api.plain.parameters import Parameters
from api.types.candle import Fill
from api.types.scalars import parse_instant
from domain.errors import BadInputError
from domain.interval import Interval
from domain.paging import PageRequest
from domain.storage.series import MarketName

PRICES: Final = ("open", "high", "low", "close", "volume")
USUAL_FIELDS: Final = ("timestamp", *PRICES)
FLAGS: Final = ("isComplete", "isFilled")
_FIELDS: Final = (*USUAL_FIELDS, *FLAGS)
_PAGING: Final = ("from", "to", "first", "after", "last", "before")
_NAMES: Final = ("exchange", "symbol", "interval", *_PAGING, "fill", "fields")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """`page` has no bound: without `first` and `last` it holds all candles."""

    market: MarketName
    interval: Interval
    page: PageRequest
    is_filled: bool
    fields: tuple[str, ...]

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Raises BadInputError."""
        given = Parameters.of(query, _NAMES)
        return cls(
            MarketName(given.required("exchange"), given.required("symbol")),
            Interval.parse(given.required("interval")),
            _page(given),
            _is_filled(given.text("fill")),
            _fields(given.text("fields")),
        )


def _page(given: Parameters) -> PageRequest:
    start, end = given.text("from"), given.text("to")
    page = page_request(
        start=parse_instant(start) if start else None,
        end=parse_instant(end) if end else None,
        first=given.whole("first"),
        after=given.text("after"),
        last=given.whole("last"),
        before=given.text("before"),
    )
    page.check()
    return page


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
