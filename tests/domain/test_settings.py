"""Settings and the exchanges file: read once, typed, and clear about what is wrong with them."""

import json
from pathlib import Path

import pytest

from domain.exchanges_file import configured_exchanges, load_exchanges
from domain.settings import AppEnv, Settings, SettingsError


def test_a_wrong_variable_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence each."""
    monkeypatch.setenv("PORT", "http")
    monkeypatch.setenv("SEED", "everything")
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert [line.split("=")[0] for line in str(refused.value).splitlines()] == ["PORT", "SEED"]


def test_servers_that_the_runner_started_are_found_through_the_data_folder(tmp_path: Path) -> None:
    """What the environment names goes before them."""
    (tmp_path / "embedded.json").write_text(json.dumps({"db_host": "/socket", "redis_url": "unix:///valkey"}))
    assert Settings(data_dir=tmp_path).db_host == "/socket"
    assert Settings(data_dir=tmp_path, db_host="db").db_host == "db"
    assert Settings(data_dir=tmp_path, db_host="db").redis_url == "unix:///valkey"


GOOD = """
[[exchange]]
name = "binance"
timeframes = [{ interval = "1m", status = 1 }, { interval = "1h", status = 0 }]
[exchange.ccxt]
urls = { api = { public = "http://127.0.0.1:9001" } }

[[exchange]]
name = "mirror"
adapter = "kraken"
rate_limit = 50
timeout = 1000
"""


def test_an_exchanges_file_is_a_table_an_exchange(tmp_path: Path) -> None:
    """The adapter is the name where it is left out, the intervals are every standard one."""
    file = tmp_path / "exchanges.toml"
    file.write_text(GOOD)
    binance, mirror = load_exchanges(file)
    assert (binance.ccxt_id, binance.intervals, binance.rate_limit) == ("binance", ("1m",), None)
    assert binance.ccxt == {"urls": {"api": {"public": "http://127.0.0.1:9001"}}}
    assert (mirror.ccxt_id, mirror.rate_limit, mirror.timeout) == ("kraken", 50, 1000)
    assert "1w" in mirror.intervals


def test_no_file_means_no_exchanges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation can begin with the sandbox alone; but a file that it names must be there."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="cannot be read"):
        configured_exchanges(Settings(exchanges_file=Path("none.toml")))
    settings = Settings(data_dir=tmp_path)
    assert configured_exchanges(settings) == []
    with_sandbox = settings.model_copy(update={"sandbox_url": "http://127.0.0.1:1"})
    assert [exchange.name for exchange in configured_exchanges(with_sandbox)] == ["sandbox"]
    in_production = with_sandbox.model_copy(update={"app_env": AppEnv.PRODUCTION})
    assert configured_exchanges(in_production) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[exchange]", "is not TOML"),
        ('[[exchange]]\nadapter = "x"', "name"),
        ('[[exchange]]\nname = "Binance!"', "name"),
        ('[[exchange]]\nname = "a"\ntimeframes = [{ interval = "1x" }]', r"interval: '1x' is not an interval; .*1M\.$"),
        ('[[exchange]]\nname = "a"\nurl = "http://x"', "url"),
        ('[[exchange]]\nname = "a"\nrate_limit = -1', "rate_limit"),
        ('[[exchange]]\nname = "a"\n[[exchange]]\nname = "a"', "twice"),
        ("exchange = 1", "exchange"),
    ],
)
def test_a_broken_exchanges_file_is_told_in_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    """With the file's name and the place."""
    file = tmp_path / "exchanges.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=told) as refused:
        load_exchanges(file)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)
