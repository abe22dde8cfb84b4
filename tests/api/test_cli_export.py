"""`candelabra export`: candles as a file, over real HTTP."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from api.cli import export
from api.cursors import time_cursor
from domain.records import Pair
from domain.settings import Settings
from domain.timerange import TimeRange
from tests import factories
from tests.api.conftest import served
from tests.api.process import ROOT
from tests.api.terminal import Terminal
from tests.factories import START, minutes

MINUTE: Final = ("binance", "BTC/USDT", "1m")
HEADER: Final = "timestamp,open,high,low,close,volume"


@pytest.fixture
def terminal(address: str, settings: Settings) -> Terminal:
    return Terminal(address)


async def collected(count: int = 5) -> Pair:
    pair = await factories.pair()
    await factories.history(pair, count)
    return pair


async def test_an_export_is_exact_and_complete(terminal: Terminal) -> None:
    """Each decimal digit for digit, from the first candle on; within a range where one is named."""
    pair = await collected(5)
    await factories.candles(pair, [START + minutes(5)], "0.000000023450")
    rows = (await terminal.run("export", *MINUTE)).lines
    assert (rows[0], len(rows)) == (HEADER, 7)
    assert rows[1] == "2024-03-01T00:00:00Z,100.50,100.50,100.50,100.50,1"
    assert rows[-1] == f"2024-03-01T00:05:00Z{',0.000000023450' * 4},1"

    lines = (await terminal.run("export", *MINUTE, "--format", "ndjson", "--from", "2024-03-01T00:05:00Z")).lines
    price = "0.000000023450"
    candle = dict.fromkeys(("open", "high", "low", "close"), price) | {"timestamp": "2024-03-01T00:05:00Z"}
    assert [json.loads(line) for line in lines] == [candle | {"volume": "1"}]


@pytest.mark.parametrize(
    ("words", "minutes_of_candles"),
    [
        (("--first", "2"), [0, 1]),
        (("--last", "2"), [2, 4]),
        (("--last", "3", "--fill", "previous_close"), [2, 3, 4]),
        (("--after", time_cursor(START + minutes(1))), [2, 4]),
        (("--last", "1", "--before", time_cursor(START + minutes(1))), [0]),
    ],
)
async def test_an_export_takes_the_arguments_of_candles(
    terminal: Terminal, words: tuple[str, ...], minutes_of_candles: list[int]
) -> None:
    """By their own names."""
    pair = await factories.pair()
    await factories.candles(pair, [START + minutes(at) for at in (0, 1, 2, 4)])
    await factories.cover(pair, TimeRange(START, START + minutes(5)))

    rows = (await terminal.run("export", *MINUTE, *words)).lines[1:]

    assert [row.split(",")[0] for row in rows] == [f"2024-03-01T00:0{minute}:00Z" for minute in minutes_of_candles]


async def test_a_files_name_tells_its_format(terminal: Terminal, tmp_path: Path) -> None:
    """Unless it is said; what it holds is what the API gives."""
    await collected(3)
    for name, words in (("candles.parquet", ()), ("candles", ("--format", "arrow"))):
        done = await terminal.run("export", *MINUTE, "--output", str(tmp_path / name), *words)
        assert (done.status, done.out) == (0, "")
    with pa.ipc.open_stream((tmp_path / "candles").read_bytes()) as stream:
        table = stream.read_all()
    assert table.num_rows == 3
    assert pa.parquet.read_table(tmp_path / "candles.parquet") == table


async def test_an_export_goes_on_where_its_file_ends(terminal: Terminal, tmp_path: Path) -> None:
    """The same command with --append: nothing is missing then, and nothing there twice, even behind half a line."""
    pair = await collected(3)
    file, whole = tmp_path / "candles.csv", tmp_path / "whole.csv"
    words = ("export", *MINUTE, "--output", str(file))
    assert (await terminal.run(*words, "--append")).status == 0
    file.write_text(file.read_text() + "2024-03-01T00:03:00Z,100.5")
    await factories.candles(pair, [START + minutes(at) for at in (3, 4)])

    assert f"{file} is there already" in await terminal.fails(*words)
    assert (await terminal.run(*words, "--append")).status == 0

    await terminal.run("export", *MINUTE, "--output", str(whole))
    assert file.read_text() == whole.read_text()


async def test_an_export_that_was_refused_leaves_no_file(terminal: Terminal, tmp_path: Path) -> None:
    """So that it can be given again."""
    file = tmp_path / "candles.csv"
    await terminal.fails("export", *MINUTE, "--output", str(file))
    assert not file.exists()
    assert "cannot be written: No such file or directory." in await terminal.fails(
        "export", *MINUTE, "--output", str(tmp_path / "nowhere" / "candles.csv")
    )


async def test_a_file_goes_on_with_as_many_as_are_asked_for(terminal: Terminal, tmp_path: Path) -> None:
    """From its end on, so not with the newest."""
    await collected(5)
    file = tmp_path / "candles.csv"
    words = ("export", *MINUTE, "--output", str(file), "--append")
    for _ in range(2):
        assert (await terminal.run(*words, "--first", "2")).status == 0

    assert [line.split(",")[5] for line in file.read_text().splitlines()] == ["volume", "1", "2", "3", "4"]
    refused = await terminal.run(*words, "--last", "2")
    assert (refused.status, "--append takes --first, not --last" in refused.err) == (2, True)


@pytest.mark.parametrize("words", [("--append",), ("--append", "--output", "candles.parquet")])
async def test_only_lines_in_a_file_can_be_gone_on_with(terminal: Terminal, words: tuple[str, ...]) -> None:
    """A command that means nothing is not understood."""
    done = await terminal.run("export", *MINUTE, *words)
    assert done.status == 2
    assert "--append goes on with a file of csv or ndjson" in done.err


class Unsteady:
    """Stands for an API whose connections are lost: answers one part of an export after the other."""

    def __init__(self, *parts: list[str] | Response) -> None:
        self._parts = iter(parts)
        self.asked: list[dict[str, str]] = []

    def extent(self, _: Request) -> JSONResponse:
        return JSONResponse({"data": {"exportPath": "/elsewhere/candles", "candles": {"totalCount": 4}}})

    def export(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        part = next(self._parts, [])
        return part if isinstance(part, Response) else StreamingResponse(self._sent(part), media_type="text/csv")

    async def _sent(self, part: list[str]) -> AsyncIterator[str]:
        for text in part:
            if text == "lost":
                raise ConnectionAbortedError
            yield text

    def app(self) -> Starlette:
        paths = [f"/elsewhere/candles.{ending}" for ending in ("csv", "ndjson", "parquet")]
        return Starlette(
            routes=[
                Route("/graphql", self.extent, methods=["POST"]),
                *(Route(path, self.export) for path in paths),
            ]
        )


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_PAUSE_SECONDS", 0.01)


@pytest.mark.usefixtures("at_once")
async def test_a_lost_connection_is_made_again(settings: Settings) -> None:
    """From behind the last whole line on; who is told to come back later comes back, wherever the exports are."""
    later = {"message": "Later.", "extensions": {"code": "RATE_LIMITED"}}
    unsteady = Unsteady(
        ["timestamp,open\n2024-03-01T00:00:00Z,1\n2024-03-01T00:01:00Z,1\n2024-", "lost"],
        JSONResponse({"errors": [later]}, 429, {"Retry-After": "0"}),
        ["timestamp,open\n2024-03-01T00:02:00Z,1\n2024-03-01T0", "0:03:00Z,1\n"],
    )
    async with served(unsteady.app(), settings) as url:
        done = await Terminal(url).run("export", *MINUTE)

    assert done.lines == ["timestamp,open", *(f"2024-03-01T00:0{minute}:00Z,1" for minute in range(4))]
    assert [asked.get("from") for asked in unsteady.asked] == [None, *["2024-03-01T00:01:01Z"] * 2]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("counted", ["first", "last"])
async def test_a_lost_connection_does_not_change_how_many_come(settings: Settings, counted: str) -> None:
    """Of the newest, too: those that come meanwhile are not among them."""
    unsteady = Unsteady(["timestamp,open\n2024-03-01T00:00:00Z,1\n2024-03-01T00:01:00Z,1\n", "lost"])
    async with served(unsteady.app(), settings) as url:
        assert (await Terminal(url).run("export", *MINUTE, f"--{counted}", "5")).status == 0

    begun, rest = unsteady.asked
    assert begun[counted] == "5"
    assert {name: rest.get(name) for name in ("from", "first", "last")} == {
        "from": "2024-03-01T00:01:01Z",
        "first": "3",
        "last": None,
    }


async def test_an_export_without_an_end_says_how_to_go_on(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrived whole stays."""
    monkeypatch.setattr(export, "_PATIENCE_SECONDS", 0.0)
    part = ["timestamp,open\n2024-03-01T00:00:00Z,1\n2024-", "lost"]
    lines = tmp_path / "candles.csv"
    async with served(Unsteady(part).app(), settings) as url:
        said = await Terminal(url).fails("export", *MINUTE, "--output", str(lines))
        assert "broke off" in said
        assert said.endswith("1 candles are written; the same command with --append adds the rest to them.")

    assert lines.read_text() == "timestamp,open\n2024-03-01T00:00:00Z,1\n"
    async with served(Unsteady(part).app(), settings) as url:
        done = await Terminal(url).run("export", *MINUTE, "--last", "3")
    assert "--from 2024-03-01T00:00:01Z and --first 2 instead of --last adds the rest" in done.err


@pytest.mark.usefixtures("at_once")
async def test_a_table_that_broke_off_is_not_put_together_of_two(settings: Settings, tmp_path: Path) -> None:
    """Nothing of it stays; one that has not begun is waited for."""
    later = JSONResponse({"errors": [{"message": "Later."}]}, 503, {"Retry-After": "0"})
    unsteady = Unsteady(later, ["PAR1", "lost"], ["PAR1 and all the rest"])
    table = tmp_path / "candles.parquet"
    async with served(unsteady.app(), settings) as url:
        assert "broke off" in await Terminal(url).fails("export", *MINUTE, "--output", str(table))

    assert len(unsteady.asked) == 2
    assert not table.exists()


async def test_where_there_are_no_exports_it_says_so(settings: Settings) -> None:
    """As where a proxy forwards GraphQL alone."""
    async with served(Unsteady(PlainTextResponse("Nothing here.", 404)).app(), settings) as url:
        assert "has no export (HTTP status 404)." in await Terminal(url).fails("export", *MINUTE)


async def test_a_reader_that_has_enough_is_no_error(terminal: Terminal) -> None:
    """As in `candelabra export … | head -1`."""
    await collected()
    command = f"{sys.executable} -m api.cli export {' '.join(MINUTE)} --url {terminal.url} | head -1"
    program = await asyncio.create_subprocess_shell(
        command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await program.communicate()
    assert (out, err) == (b"timestamp,open,high,low,close,volume\n", b"")
