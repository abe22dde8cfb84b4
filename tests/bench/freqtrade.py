"""`freqtrade download-data`, in an environment of its own."""

import json
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ops.local.environment import PreparationError, uv
from ops.local.logs import new_log
from ops.local.program import Program
from tests.bench.errors import BenchError
from tests.bench.exchange import symbol
from tests.bench.loop import ccxt_config
from tests.bench.programs import plain_environment, run
from tests.bench.rounds import Round
from tests.bench.span import Span

FREQTRADE: Final = "freqtrade download-data, without its start"
WHOLE_PROCESS: Final = "freqtrade download-data, whole process"

# The one that this was written against: its log and its options are not ours.
RELEASE: Final = "2026.9"

_INSTALL_SECONDS: Final = 600  # a hundred packages over a slow line
_DOWNLOAD_SECONDS: Final = 180
_BEGINS: Final = re.compile(r"^(\S+ \S+) - .* - Download history data for ", re.MULTILINE)
_LENGTH: Final = re.compile(r" with length (\d+)\.$", re.MULTILINE)


class SkippedError(Exception):
    """Why freqtrade could not be installed."""


@dataclass(frozen=True)
class Freqtrade:
    """Downloads into an empty folder, a process a round, as it is used."""

    program: Path
    folder: Path
    span: Span

    def run(self) -> Round:
        """The whole process, and the part from its word that it begins to the file that it leaves."""
        data, log = self.folder / "data", self.folder / "freqtrade.log"
        shutil.rmtree(data, ignore_errors=True)
        log.unlink(missing_ok=True)
        data.mkdir()
        start = time.perf_counter()
        run(self._download(data, log), seconds=_DOWNLOAD_SECONDS)
        whole = time.perf_counter() - start
        return {FREQTRADE: self._checked(data, log.read_text()), WHOLE_PROCESS: whole}

    def _checked(self, data: Path, said: str) -> float:
        begins, length, files = _BEGINS.search(said), _LENGTH.search(said), list(data.glob("*.feather"))
        # It drops the last candle of what it downloads, closed or not.
        if not (begins and length and files and int(length[1]) >= self.span.candles - 1):
            raise BenchError(f"freqtrade did not download {self.span.candles} candles. It said:\n{said[-2_000:]}")
        began = datetime.strptime(begins[1], "%Y-%m-%d %H:%M:%S,%f").replace(tzinfo=UTC)
        return files[0].stat().st_mtime - began.timestamp()

    def _download(self, data: Path, log: Path) -> Program:
        range_ = f"{self.span.start_ms // 1_000}-{self.span.end_ms // 1_000}"
        folders = ["--config", self.folder / "config.json", "--userdir", self.folder, "--datadir", data]
        wanted = ["--pairs", symbol(0), "--timeframes", "1m", "--timerange", range_, "--logfile", log]
        return Program(
            name="freqtrade",
            command=(*map(str, (self.program, "download-data", *folders, *wanted)),),
            log=new_log(self.folder / "freqtrade.out"),
            environment={**plain_environment(), "TZ": "UTC"},
            folder=self.folder,
        )


def freqtrade(cache: Path, folder: Path, span: Span, public: str) -> Freqtrade:
    """Installed in the cache unless it is there; raises SkippedError where that cannot be done."""
    program = _installed(cache / f"freqtrade-{RELEASE}")
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(_config(public)))
    return Freqtrade(program, folder, span)


def _installed(home: Path) -> Path:
    program = home / "bin" / "freqtrade"
    if not program.exists():
        try:
            found = uv()
            _run_uv(home, found, "venv", "--clear", "--python", sys.executable, str(home))
            _run_uv(home, found, "pip", "install", "--python", str(home / "bin" / "python"), f"freqtrade=={RELEASE}")
        except (PreparationError, BenchError) as error:
            raise SkippedError(str(error)) from error
    return program


def _run_uv(home: Path, *command: str) -> None:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    log = new_log(home.with_name(f"{home.name}.log"))
    run(Program(name="uv", command=command, log=log, environment=environment), seconds=_INSTALL_SECONDS)


def _config(public: str) -> object:
    return {
        "stake_currency": "USDT",
        "dry_run": True,
        "exchange": {
            "name": "binance",
            "pair_whitelist": [symbol(0)],
            # Otherwise it asks data.binance.vision for files of whole days first, which is not the exchange.
            "only_from_ccxt": True,
            "enable_ws": False,
            "ccxt_config": {"enableRateLimit": False, **ccxt_config(public)},
        },
        "pairlists": [{"method": "StaticPairList"}],
    }
