"""Candles as texts that PostgreSQL puts together."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.interval import interval
from domain.paging import plan_series
from domain.settings import Settings
from domain.storage import timeframes
from domain.storage.rendering import PageQuery, RenderedPage, Rendering, render
from domain.storage.series import Series
from domain.storage.template import CandleValue, Template
from domain.timerange import TimeRange
from domain.view import View
from tests import factories

OPEN, VOLUME = CandleValue.OPEN, CandleValue.VOLUME
MINUTE = View(interval("1m"), interval("1m"))
EVER = TimeRange(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


async def page(*templates: Template, start: datetime = factories.START, count: int = 3) -> RenderedPage:
    """Of candles a minute apart, the nth with a volume of n."""
    await timeframes.seed([MINUTE.step])
    pair = await factories.pair()
    await factories.candles(pair, [start + factories.minutes(place) for place in range(count)])
    reading = plan_series(None, None, 10, 10)
    query = PageQuery.of(Series.of(pair), reading, EVER, factories.START)
    [found] = await render([query], Rendering(MINUTE, templates, is_newest=reading.is_newest))
    return found


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([VOLUME], "[1,2,3]"),
        (["<", VOLUME, "|", OPEN, ">"], "[<1|100.50>,<2|100.50>,<3|100.50>]"),
        ([VOLUME, VOLUME], "[11,22,33]"),
        (["x", "y"], "[xy,xy,xy]"),
        ([], "[,,]"),
        (["'$1\\%s\"", VOLUME], "['$1\\%s\"1,'$1\\%s\"2,'$1\\%s\"3]"),
    ],
)
async def test_values_stand_between_texts(settings: Settings, parts: list[str | CandleValue], expected: str) -> None:
    """Texts are taken as they are, whatever they mean elsewhere."""
    assert (await page(Template.of(parts))).texts == (expected,)


async def test_each_template_has_its_list(settings: Settings) -> None:
    """In the order in which they are given, one twice; nothing else is worked out."""
    templates = [Template.of(parts) for parts in ([VOLUME], ["a", OPEN, "b"], [VOLUME])]
    found = await page(*templates, count=1)

    assert found.texts == ("[1]", "[a100.50b]", "[1]")
    assert (found.count, found.first, found.last, found.total) == (None, None, None, None)


async def test_no_candle_is_an_empty_list(settings: Settings) -> None:
    """Without the texts."""
    assert (await page(Template.of(["a", VOLUME]), count=0)).texts == ("[]",)


async def test_a_candle_may_have_more_values_than_a_call_has_arguments(settings: Settings) -> None:
    """PostgreSQL takes 100 arguments, and texts take half of them."""
    [text] = (await page(Template.of([VOLUME, "-"] * 120), count=1)).texts
    assert text == f"[{'1-' * 120}]"


@pytest.mark.parametrize(
    ("start", "written"),
    [
        ("2024-03-01T00:00:00", "2024-03-01T00:00:00"),
        ("2024-02-29T23:59:59.500000", "2024-02-29T23:59:59.5"),
        ("2024-02-29T23:59:59.000001", "2024-02-29T23:59:59.000001"),
        ("1969-12-31T23:59:00", "1969-12-31T23:59:00"),
        ("0001-01-02T00:00:00", "0001-01-02T00:00:00"),
        ("9999-12-31T23:58:00", "9999-12-31T23:58:00"),
    ],
)
async def test_instants_are_of_utc_and_have_no_more_digits_than_they_need(
    settings: Settings, start: str, written: str
) -> None:
    """From the first to the last year that there is."""
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    templates = Template.of([CandleValue.TIMESTAMP]), Template.of([CandleValue.UNIX_TIME])
    found = await page(*templates, start=at, count=1)

    assert found.texts == (f"[{written}]", f"[{(at - datetime.fromtimestamp(0, UTC)) // timedelta(seconds=1)}]")


def test_texts_have_no_spaces() -> None:
    """They would be taken for those of instants."""
    with pytest.raises(ValueError, match="spaces"):
        Template.of(["a b", VOLUME])
