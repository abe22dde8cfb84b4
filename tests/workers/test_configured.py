"""What exchanges an installation has, where its programs were started with different files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from domain.candle_source import SourceError
from domain.exchanges_file import load_exchanges
from domain.file_outline import difference, outline
from domain.models import Exchange
from domain.seed import seed
from domain.settings import Settings
from tests import factories
from tests.api.process import environment
from tests.worker_process import working
from workers.exchanges import Exchanges


async def configured() -> set[str]:
    return {exchange.name for exchange in await Exchange.filter(is_configured=True)}


async def test_workers_decide_what_is_configured(settings: Settings, tmp_path: Path) -> None:
    """An API that comes later with an older file switches off nothing that they collect, and brings nothing back."""

    async def start(*names: str, decides: bool) -> set[str]:
        file = tmp_path / "exchanges.toml"
        file.write_text("".join(f'[[exchange]]\nname = "{name}"\n' for name in names))
        await seed(settings.model_copy(update={"exchanges_file": file}), decides=decides)
        return await configured()

    assert await start("binance", decides=False) == {"binance"}
    assert await start("binance", "okx", decides=True) == {"binance", "okx"}
    assert await start("binance", decides=False) == {"binance", "okx"}
    assert await start("okx", decides=True) == {"okx"}
    assert await start("binance", "okx", decides=False) == {"okx"}


def named(path: Path, *names: str) -> Path:
    path.write_text("".join(f'[[exchange]]\nname = "{name}"\n' for name in names))
    return path


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ('[[exchange]]\nname = "binance"\n[[exchange]]\nname = "okx"\n', ""),
        ('[[exchange]]\nname = "okx"\n[[exchange]]\nname = "binance"\n', ""),
        ('[[exchange]]\nname = "okx"\n', "lacks binance"),
        (
            '[[exchange]]\nname = "okx"\n[exchange.ccxt]\nsecret = "x"\n[[exchange]]\nname = "kraken"\n',
            "lacks binance and also has kraken and says other things about okx",
        ),
    ],
)
def test_how_files_differ_is_told_by_their_exchanges(tmp_path: Path, theirs: str, told: str) -> None:
    """Whatever their order, and without what only the file may say."""
    ours, other = named(tmp_path / "ours", "binance", "okx"), tmp_path / "theirs"
    other.write_text(theirs)
    files = [outline(load_exchanges(file)) for file in (ours, other)]

    assert difference(*files) == told
    assert "secret" not in files[1]


async def test_a_worker_whose_file_lacks_an_exchange_leaves_its_jobs_to_others(settings: Settings) -> None:
    """For a while, as workers are restarted one by one; what no file names fails at once."""
    await factories.exchange("okx")
    await factories.exchange("kraken", is_configured=False)
    told = {}
    for name in ("okx", "kraken"):
        with pytest.raises(SourceError) as refusal:
            await Exchanges({}).get(name)
        told[name] = (refusal.value.code, refusal.value.is_transient)

    assert told == {"okx": ("UNKNOWN_EXCHANGE", True), "kraken": ("UNKNOWN_EXCHANGE", False)}


def test_a_worker_that_starts_with_another_file_says_so(installation: Settings, valkey: str, tmp_path: Path) -> None:
    """By what differs, and in whose; one that has ended well is no other any more."""
    first, second = (
        environment(installation, EXCHANGES_FILE=str(named(tmp_path / f"{name}.toml", name)))
        for name in ("binance", "okx")
    )
    logs = [tmp_path / f"log{number}" for number in range(3)]
    with Redis.from_url(valkey) as client:

        def alive(count: int) -> Callable[[], bool | None]:
            return lambda: client.zcard("candelabra:workers") == count or None

        with working(first, logs[0]) as worker:
            worker.until(alive(1))
            with working(second, logs[1]) as other:
                other.until(alive(2))
                assert (other.stop(), worker.stop()) == (0, 0)
        with working(second, logs[2]) as alone:
            alone.until(alive(1))
            assert alone.stop() == 0
        client.flushall()

    told = [log.read_text() for log in logs]
    assert "lacks okx and also has binance" in told[1]
    assert "exchanges file" not in told[0] + told[2]
