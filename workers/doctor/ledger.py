"""Whether the ledger claims what is there, and nothing else.

What cannot be known: a covered slot without a candle is one without trades, or a loss that nobody witnessed. Witnesses
are the pair's count, which triggers keep; the journal of the last hour; and the same market at other intervals.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from domain.storage import audit, witnesses
from domain.storage.audit import Count, Holding
from domain.timerange import TimeRange
from workers.doctor import remedies
from workers.doctor.finding import Finding, State
from workers.doctor.patient import Patient

_CHECK: Final = "ledger"

# Candles, and pairs, that are counted by one statement: a second's work.
_BATCH_CANDLES: Final = 2_000_000
_BATCH_PAIRS: Final = 1_000


async def ledger(patient: Patient) -> AsyncIterator[Finding]:
    """Reads the key of each candle once, and some candles where slots are empty."""
    holdings = await audit.holdings()
    counts = await _counted(patient, holdings)
    is_well = True
    async for finding in _all_damages(patient, holdings, counts):
        is_well = False
        yield finding
    if is_well:
        yield _well(holdings, counts)


def _well(holdings: Sequence[Holding], counts: Mapping[int, Count]) -> Finding:
    total = sum(count.total for count in counts.values())
    silent = sum(counts[item.series].silent_slots(item.interval) for item in holdings if item.series in counts)
    told = f"{total:,} candles of {len(holdings):,} pairs are counted right and lie where the ledger covers them."
    rest = "no trades there, as far as anything witnesses; a RANGE with force asks the exchange once more"
    return Finding(_CHECK, State.OK, f"{told} {silent:,} covered slots are empty: {rest}." if silent else told)


async def _all_damages(
    patient: Patient, holdings: Sequence[Holding], counts: Mapping[int, Count]
) -> AsyncIterator[Finding]:
    for holding in holdings:
        if count := counts.get(holding.series):  # none of a pair that was deleted meanwhile
            for finding in _misclaimed(patient, holding, count):
                yield finding
    async for finding in _silenced(patient, holdings, counts):
        yield finding
    for finding in [*await _orphans(), *await _reused_series()]:
        yield finding


async def _counted(patient: Patient, holdings: Sequence[Holding]) -> dict[int, Count]:
    total, done, counts = sum(holding.candle_count for holding in holdings), 0, dict[int, Count]()
    for batch in _batches(holdings):
        counts |= await audit.count(batch)
        done += sum(holding.candle_count for holding in batch)
        patient.progress(f"Counted {done:,} of {total:,} candles …")
    return counts


def _batches(holdings: Sequence[Holding]) -> Iterator[list[Holding]]:
    batch, size = list[Holding](), 0
    for holding in holdings:
        if batch and (size + holding.candle_count > _BATCH_CANDLES or len(batch) == _BATCH_PAIRS):
            yield batch
            batch, size = [], 0
        batch.append(holding)
        size += holding.candle_count
    if batch:
        yield batch


def _misclaimed(patient: Patient, holding: Holding, count: Count) -> Iterator[Finding]:
    """What one pair's numbers tell by themselves."""
    now = patient.clock()
    if count.claims_all_time or (count.covered_until and count.covered_until > now):
        told = f"{holding}: the ledger covers times that are yet to come, or all there are."
        why = "Candles that close there would never be fetched."
        repair = remedies.cut(patient, holding)
        yield Finding(_CHECK, State.PROBLEM, told, why, "`--repair` ends it at the last closed candle.", repair)
    if count.candle_count > count.total:
        told = f"{holding}: {count.candle_count - count.total:,} candles that were counted are gone."
        why = "They vanished past the triggers, so the ledger still covers them; which ones, nobody knows."
        remedy = "`--repair` uncovers every empty slot of the pair, asks the exchange for them, and counts anew."
        yield Finding(_CHECK, State.PROBLEM, told, why, remedy, remedies.refetch_silence(patient, holding))
    if count.candle_count < count.total:
        told = f"{holding}: {count.total - count.candle_count:,} candles more than counted."
        why = "They came in past the triggers, so clients may be shown pages from before."
        yield Finding(_CHECK, State.PROBLEM, told, why, "`--repair` counts anew.", remedies.recount(holding))
    if count.strays:
        told = f"{holding}: {count.stray:,} candles from {count.strays.start} on lie outside of what is covered."
        why = "Nobody vouches that the exchange has them, or that they are all."
        repair = remedies.refetch(patient, holding, count.strays)
        yield Finding(_CHECK, State.PROBLEM, told, why, "`--repair` asks the exchange for that time.", repair)


async def _silenced(
    patient: Patient, holdings: Sequence[Holding], counts: Mapping[int, Count]
) -> AsyncIterator[Finding]:
    """Covered slots of which others know that they had a candle."""
    journal = await witnesses.journalled()
    for _, market in groupby(holdings, lambda holding: (holding.exchange, holding.symbol)):
        series = list(market)
        for holding in series:
            count = counts.get(holding.series)
            if count is None or count.candle_count > count.total or not count.silent_slots(holding.interval):
                continue
            if lost := journal.get(holding.series):
                slots = [TimeRange(holding.interval.floor(at), holding.interval.next(at)) for at in lost]
                told = f"{holding}: {len(lost):,} candles that were written within the last hour are gone."
                why = "They vanished past the triggers, so the ledger still covers them."
                remedy = "`--repair` uncovers their slots and asks the exchange for them."
                yield Finding(_CHECK, State.PROBLEM, told, why, remedy, remedies.uncover(patient, holding, slots))
            async for finding in _contradicted(patient, holding, series):
                yield finding


async def _contradicted(patient: Patient, holding: Holding, market: Sequence[Holding]) -> AsyncIterator[Finding]:
    for witness in _witnesses(holding, market):
        patient.progress(f"Comparing {holding} with {witness.interval} …")
        found = await witnesses.contradictions(holding, witness)
        if found:
            longer = max(holding.interval, witness.interval, key=lambda step: step.seconds)
            where = f"in {found.slots:,} slots of {longer}, where it lacks candles"
            told = f"{holding}: candles of {witness.interval} tell of trades {where}."
            why = "Either candles were lost, or the exchange does not agree with itself."
            remedy = "`--repair` uncovers these slots and asks again; what stays is the exchange's."
            repair = remedies.uncover(patient, holding, found.silence)
            yield Finding(_CHECK, State.WARNING, told, why, remedy, repair)


def _witnesses(doubted: Holding, market: Sequence[Holding]) -> Iterator[Holding]:
    """The next longer interval and the next shorter one that fit."""
    longer = [other for other in market if other is not doubted and doubted.interval.divides(other.interval)]
    shorter = [other for other in market if other is not doubted and other.interval.divides(doubted.interval)]
    yield from [*longer[:1], *shorter[-1:]]


async def _orphans() -> list[Finding]:
    series = await audit.orphans()
    if not series:
        return []
    told = f"Candles of {len(series)} series belong to no pair: {', '.join(map(str, series[:5]))} …"
    why = "Nobody is ever shown them, and they take room."
    remedy = "Where they are not wanted: DELETE FROM candles WHERE series = …"
    return [Finding(_CHECK, State.WARNING, told, why, remedy)]


async def _reused_series() -> list[Finding]:
    series = await audit.reused_series()
    if series is None:
        return []
    told = f"The next pair would be given the series {series}, and that one or a later one is taken."
    why = "It could not be added, or would be shown another pair's candles."
    remedy = "`--repair` goes on behind the last that is taken."

    async def skip() -> str:
        await audit.skip_used_series()
        return "The next series is one that nobody has had."

    return [Finding(_CHECK, State.PROBLEM, told, why, remedy, skip)]
