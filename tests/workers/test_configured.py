"""What exchanges an installation has, where its programs were started with different files."""

from pathlib import Path

from domain.models import Exchange
from domain.seed import seed
from domain.settings import Settings


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
