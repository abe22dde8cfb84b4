"""The formats of an export, by the end of its path."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.exports.encoders import Encoder, Text, csv
from api.exports.lines import csv_line, json_line
from domain.storage.template import Template


@dataclass(frozen=True, slots=True)
class Format:
    """`line` is what PostgreSQL writes of a candle with these fields, `encoder` what is made of it."""

    media_type: str
    line: Callable[[Sequence[str]], Template]
    encoder: Callable[[Sequence[str]], Encoder]
    is_compressed: bool = False


def _arrow(fields: Sequence[str]) -> Encoder:
    from api.exports.arrow import ArrowStream  # noqa: PLC0415  # 30 MB that most processes never need

    return ArrowStream(fields)


def _parquet(fields: Sequence[str]) -> Encoder:
    from api.exports.arrow import Parquet  # noqa: PLC0415  # likewise

    return Parquet(fields)


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format("text/csv; charset=utf-8; header=present", csv_line, csv),
    "ndjson": Format("application/x-ndjson", json_line, lambda _: Text()),
    "arrow": Format("application/vnd.apache.arrow.stream", csv_line, _arrow),
    "parquet": Format("application/vnd.apache.parquet", csv_line, _parquet, is_compressed=True),
}
