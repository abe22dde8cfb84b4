"""What looks wrong about a pair's candles."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Final, Self, TypeAlias

import strawberry

from api.context import Context
from api.types.coverage import TimeRange
from domain import quality, records
from domain.interval import Interval
from domain.storage import flaws
from domain.storage.flaws import MAX_FINDINGS, SEVERITIES, FlawKind

CheckedFrom: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="Candles that open at this instant or later; the latest when left out."
    ),
]
CheckedTo: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(name="to", description="Candles that open before this instant; now when left out."),
]


@strawberry.enum(description="What looks wrong.")
class FindingKind(Enum):
    MISSING = strawberry.enum_value(
        "MISSING", description="No candle where another interval has some; both are covered."
    )
    RESAMPLED_PRICE = strawberry.enum_value(
        "RESAMPLED_PRICE", description="Another price than candles of a finer interval make."
    )
    RESAMPLED_VOLUME = strawberry.enum_value(
        "RESAMPLED_VOLUME",
        description="Another volume than candles of a finer interval make, by more than a millionth.",
    )
    COARSER_PRICE = strawberry.enum_value(
        "COARSER_PRICE",
        description="Together they make another price than the candle of a coarser interval; one of them is wrong.",
    )
    COARSER_VOLUME = strawberry.enum_value(
        "COARSER_VOLUME",
        description="Together they make another volume than the candle of a coarser interval, by over a millionth.",
    )
    JUMP = strawberry.enum_value(
        "JUMP", description="The close moved by 2 % or more from the one before, and by 20 times what is usual there."
    )
    SPIKE = strawberry.enum_value("SPIKE", description="A jump that the next candle takes back.")
    ZERO_VOLUME = strawberry.enum_value("ZERO_VOLUME", description="Ten candles or more without volume in a row.")
    OFF_MEDIAN = strawberry.enum_value(
        "OFF_MEDIAN", description="The close is 1 % or more off the median of other exchanges' closes."
    )
    FAR_OFF_MEDIAN = strawberry.enum_value("FAR_OFF_MEDIAN", description="The same from 5 % on.")


@strawberry.enum(description="How much a finding says against the candles.")
class Severity(Enum):
    INFO = strawberry.enum_value("INFO", description="Markets do that: it takes nothing from the score.")
    WARNING = strawberry.enum_value("WARNING", description="May be true; a slot counts a quarter.")
    ERROR = strawberry.enum_value("ERROR", description="Cannot well be true; a slot counts in full.")


_WHAT: Final = {
    FlawKind.MISSING: "{slots} not stored, though another interval has candles there.",
    FlawKind.RESAMPLED_PRICE: "{slots} with another price than the finer interval makes, by up to {share}.",
    FlawKind.RESAMPLED_VOLUME: "{slots} with another volume than the finer interval makes, by up to {share}.",
    FlawKind.COARSER_PRICE: "{slots} that make another price than the coarser interval has, by up to {share}.",
    FlawKind.COARSER_VOLUME: "{slots} that make another volume than the coarser interval has, by up to {share}.",
    FlawKind.JUMP: "{slots} with a close that moved by up to {share} from the one before.",
    FlawKind.SPIKE: "{slots} with a close that moved by up to {share} and back.",
    FlawKind.ZERO_VOLUME: "{slots} in a row without any volume.",
    FlawKind.OFF_MEDIAN: "{slots} with a close up to {share} off the other exchanges' median.",
    FlawKind.FAR_OFF_MEDIAN: "{slots} with a close up to {share} off the other exchanges' median.",
}


@strawberry.type(description="Adjacent slots in which the same looks wrong.")
class QualityFinding:
    kind: FindingKind = strawberry.field(description="What looks wrong.")
    severity: Severity = strawberry.field(description="How much it says against the candles.")
    range: TimeRange = strawberry.field(description="From the first of the slots to the end of the last one.")
    slots: int = strawberry.field(description="How many slots it is about.")
    what: str = strawberry.field(description="What was found, for people.")

    @classmethod
    def of(cls, found: flaws.Finding) -> Self:
        slots = "1 candle" if found.slots == 1 else f"{found.slots:,} candles"
        return cls(
            kind=FindingKind[found.kind.name],
            severity=Severity[SEVERITIES[found.kind].name],
            range=TimeRange.of(found.range),
            slots=found.slots,
            what=_WHAT[found.kind].format(slots=slots, share=_percent(found.share)),
        )


def _percent(share: Decimal | None) -> str:
    return "more than can be told" if share is None else f"{share:.4%}"


@strawberry.type(description="What was checked about a pair's candles, and what looks wrong.")
class Quality:
    checked: TimeRange | None = strawberry.field(description="The slots that were looked at; null for none.")
    score: float | None = strawberry.field(
        description=(
            "0 to 100: the share of the candles that nothing was found against, by the severity of what was; null "
            "without candles."
        )
    )
    candle_count: int = strawberry.field(description="How many candles were looked at.")
    finer_interval: Interval | None = strawberry.field(
        description="The stored interval that they were compared with, resampled; null where there is none."
    )
    coarser_interval: Interval | None = strawberry.field(
        description="The stored interval that they were resampled to and compared with; null where there is none."
    )
    other_exchanges: list[str] = strawberry.field(
        description="Those whose median they were compared with: at most nine that keep the same symbol and interval."
    )
    finding_count: int = strawberry.field(description="How many findings there are, those included that are not told.")
    findings: list[QualityFinding] = strawberry.field(description=f"The worst ones first, at most {MAX_FINDINGS}.")

    @classmethod
    async def of(cls, pair: records.Pair, start: datetime | None, end: datetime | None, context: Context) -> Self:
        """BadInputError where the range is too long."""
        found = await quality.check(pair, start, end, context.max_page_candles, context.now)
        return cls(
            checked=TimeRange.of(found.within) if found.within else None,
            score=found.score,
            candle_count=found.checked.candles,
            finer_interval=found.finer,
            coarser_interval=found.coarser,
            other_exchanges=list(found.others),
            finding_count=found.checked.found,
            findings=[QualityFinding.of(each) for each in found.checked.findings],
        )
