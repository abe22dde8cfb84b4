"""Logs: one line each, about something, and without secrets; tested in the words that reach stderr."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from domain.access.secret import Secret
from domain.instrumentation import instrumented
from domain.settings import AppEnv, LogFormat, Settings
from domain.telemetry.logs import about, log_to_stderr
from domain.telemetry.redaction import Redaction

FORGED = 'a\r\n2026-01-01 [error    ] forged\x1b[31m red \u2028 \x00 {"b": 1}'
LOGGER = logging.getLogger("tests.logs")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def entries(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def nonsense(text: str = FORGED) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_stays_one_whatever_is_in_it(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    """Nobody forges a second one, or colours the terminal."""
    log_to_stderr(Redaction.of(Settings()), as_json=as_json)
    with about(pair=FORGED):
        LOGGER.warning("about %s", FORGED)
    [line] = capsys.readouterr().err.splitlines()

    assert line.isprintable(), repr(line)
    assert "forged" in line


def test_a_json_line_is_an_object_with_all_that_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    """Level, logger, time, and what the block is about; the trace of an error with it."""
    log_to_stderr(Redaction.of(Settings()), as_json=True)
    with about(job_id="42", pair="sandbox BTC/USDT 1m"):
        try:
            nonsense()
        except ValueError:
            LOGGER.exception("it failed")
    LOGGER.info("later")
    [failed, later] = entries(capsys)

    assert (failed["event"], failed["level"], failed["logger"]) == ("it failed", "error", "tests.logs")
    assert (failed["job_id"], failed["pair"]) == ("42", "sandbox BTC/USDT 1m")
    assert failed["timestamp"].endswith("Z")
    assert "Traceback" in failed["exception"]
    assert "nonsense" in failed["exception"]
    assert "job_id" not in later


FILE = """
[[exchange]]
name = "binance"
[exchange.ccxt]
apiKey = "key-of-binance"
secret = "secret-of-binance"
"""
KEY = Secret.new()
SECRETS = (
    "of the data\nbase",
    "of-redis",
    "key-of-binance",
    "secret-of-binance",
    "of-a-receiver",
    "of-another",
    "of-proxy",
    "of-somebody",
    KEY.text.removeprefix(KEY.prefix),
)


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_no_secret_reaches_a_log(capsys: pytest.CaptureFixture[str], tmp_path: Path, log_format: LogFormat) -> None:
    """Neither as text, nor as an argument, nor in a trace, nor beside them, nor in an address or a header."""
    file = tmp_path / "exchanges.toml"
    file.write_text(FILE)
    settings = Settings(
        data_dir=tmp_path,
        exchanges_file=file,
        db_password=SecretStr(SECRETS[0]),
        redis_url="redis://me:of-redis@redis:6379",
        log_format=log_format,
        otel_exporter_otlp_headers=SecretStr("api-key=of-a-receiver, authorization=Basic%20of-another"),
    )
    told = [*SECRETS[:6], "socks5://me:of-proxy@proxy", "Authorization: Bearer of-somebody", f"key {KEY.text}"]
    with instrumented("test", settings):
        for text in told:
            with about(seen=text):
                LOGGER.warning("in a text %s", text)
                LOGGER.warning(text)
                try:
                    nonsense(text)
                except ValueError:
                    LOGGER.exception("in a trace")
    printed = capsys.readouterr().err

    assert printed.count("[redacted]") >= 3 * len(told)
    for secret in (*SECRETS, "of the data", "of the data\\nbase"):
        assert secret not in printed, secret


@pytest.mark.parametrize(
    ("app_env", "log_format", "is_json"),
    [
        (AppEnv.DEVELOPMENT, None, False),
        (AppEnv.PRODUCTION, None, True),
        (AppEnv.DEVELOPMENT, LogFormat.JSON, True),
        (AppEnv.PRODUCTION, LogFormat.CONSOLE, False),
    ],
)
def test_logs_are_for_people_in_development_and_for_programs_in_production(
    app_env: AppEnv, log_format: LogFormat | None, *, is_json: bool
) -> None:
    """Unless LOG_FORMAT says otherwise."""
    assert Settings(app_env=app_env, log_format=log_format).logs_json is is_json
