"""Every page is true: what it names exists, its queries and commands work, and its answers are those that come."""

import asyncio
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from api.app import create_app
from domain.clock import Clock
from domain.exchanges_file import load_exchanges
from domain.interval import Interval
from domain.queue import Queue, redis
from domain.settings import Seed, Settings
from domain.storage.candles import Written
from ops.sandbox.binance import binance
from ops.sandbox.synthetic import SyntheticMarket
from tests.api.client import Client
from tests.api.conftest import served
from tests.api.process import environment
from tests.api.socket_client import socket
from tests.chaos.__main__ import SCENARIOS
from tests.conftest import empty
from tests.deploy.compose import SERVICES
from tests.pages import API, OPERATION, PAGES, README, ROOT, WORKERS, Page, variables
from workers.coingecko import open_coingecko
from workers.context import WorkerContext
from workers.engine import SliceLimits
from workers.exchanges import open_exchanges
from workers.importing import __main__ as importing
from workers.importing.claims import covers
from workers.importing.file_import import FileImport
from workers.main import arq_worker

NOON: Final = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
MAKEFILE: Final = (ROOT / "Makefile").read_text()
OF_MAKE: Final = set(re.findall(r"(?:\$\(|if |or |export )\$?\(?([A-Z_]+)\b", MAKEFILE))
SETTINGS: Final = {name.upper() for name in Settings.model_fields} - {"DB_USER"} | {"DB_USERNAME"}

# What a block may be: each is tried somewhere, and the picture of the house has no language.
_LANGUAGES: Final = {"graphql", "json", "toml", "sh", "sql", ""}

# Words in capitals that are no settings: of the terminal, of other programs and of languages.
_OTHER_CAPITALS: Final = {
    "CANDELABRA_URL",
    "CANDELABRA_KEY",
    "RUN_IN_TRANSACTION",
    "SIGTERM",
    "CHECK",
    "COPY",
    "DELETE",
    "TABLESPACE",
}

_LONGEST_README: Final = 150

every_page: Final = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)


def clock() -> datetime:
    return NOON


async def work(settings: Settings, now: Clock) -> None:
    """What a worker does until nothing is queued any more."""
    async with (
        redis(settings.redis_url) as client,
        open_exchanges(settings, client, now) as exchanges,
        open_coingecko(settings) as coingecko,
    ):
        await exchanges.tell_rates()
        context = WorkerContext(now, Queue(client, now), exchanges, coingecko, SliceLimits(), asyncio.Event())
        worker = arq_worker(context, client, burst=True)
        worker.cron_jobs = []
        await worker.async_run()


@dataclass(frozen=True, slots=True)
class Demo:
    """An API that has collected the demo's candles from a sandbox exchange whose clock stands at noon."""

    settings: Settings
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        return str(self.http.base_url)


@pytest.fixture(scope="module")
async def demo(installation: Settings) -> AsyncIterator[Demo]:
    async with served(binance(SyntheticMarket(clock)), installation) as sandbox:
        settings = installation.model_copy(update={"sandbox_url": sandbox, "seed": Seed.DEMO})
        async with served(create_app(settings, clock), settings) as url, httpx.AsyncClient(base_url=url) as http:
            await work(settings, clock)
            yield Demo(settings, http)
            await empty(settings)


async def test_queries_are_answered_as_shown(demo: Demo) -> None:
    """Those of every page, over the candles of a first start."""
    for page in PAGES:
        for query, shown in page.queries():
            await answered(query, shown, demo)


async def answered(query: str, shown: str | None, demo: Demo) -> None:
    """As it is shown, where it is; a pair that was current on the day of the page is stale for PostgreSQL's clock."""
    if query.startswith("subscription"):
        async with socket(demo.url) as wire:
            await wire.subscribe(query)
            found = await wire.next()
    else:
        found = await Client(demo.http).data(query)
    assert shown is None or json.loads(json.dumps(found).replace('"STALE"', '"SYNCED"')) == json.loads(shown)["data"]


@pytest.fixture
def shell(demo: Demo, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody in the root of a checkout, with a home and a search path of their own."""
    (tmp_path / "api").symlink_to(ROOT / "api")
    programs = tmp_path / ".local/bin"
    programs.mkdir(parents=True)
    own = environment(demo.settings, HOME=str(tmp_path), CANDELABRA_URL=demo.url)
    return own | {"PATH": f"{programs}:{own['PATH']}"}


async def test_the_terminal_does_what_is_shown(demo: Demo, shell: dict[str, str], tmp_path: Path) -> None:
    """Beside a worker: from the link to the import of what was downloaded."""
    for command in (*API.commands("ln"), *API.commands("candelabra")):
        running = asyncio.create_task(asyncio.to_thread(shelled, command, shell, tmp_path))
        while not running.done():
            await work(demo.settings, clock)
            await asyncio.wait({running}, timeout=0.2)  # which needs the processor, too
        await running
    exported = (tmp_path / "candles.csv").read_text().splitlines()

    [download] = API.commands("curl")
    *_, address = shlex.split(download)
    answer = (await demo.http.get(address.replace("http://127.0.0.1:3000", demo.url))).raise_for_status()
    assert answer.text.splitlines()[1 - len(exported) :] == exported[1:]

    (tmp_path / "candles.csv").write_text(answer.text)
    assert await imported(tmp_path) == Written(0, 0)


async def imported(folder: Path) -> Written:
    """What the import that is shown stores, by the clock of the sandbox."""
    [command] = WORKERS.commands("candelabra")
    given = importing._parser().parse_args(shlex.split(command)[2:])
    step = Interval.parse(given.interval)
    claimed = covers(given.covers, step, clock())
    pair = await importing._pair(given.exchange, given.symbol, step)
    file_import = FileImport(folder / given.file, pair, claimed, clock())
    file_import.check(lambda _: None)
    return await file_import.store(lambda _: None)


def shelled(command: str, environ: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environ, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@every_page
def test_exchanges_files_can_be_pasted(page: Page, tmp_path: Path) -> None:
    """Each is one that is read."""
    for shown in page.blocks("toml"):
        file = tmp_path / "exchanges.toml"
        file.write_text(shown)
        assert [exchange.name for exchange in load_exchanges(file)] == ["binance"]


@every_page
def test_commands_are_there(page: Page) -> None:
    """What make, Compose and Python are told to do, they know; `…` is to be filled in."""
    for command in [*page.commands(), *re.findall(r"`((?:make|docker|python) [^`]+)`", page.prose)]:
        for target in re.findall(r"\bmake ([a-z]+)", command):
            assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), command
            assert variables(command) <= SETTINGS | OF_MAKE, command
        for module in re.findall(r"python -m ([\w.]+)", command):
            file = ROOT / module.replace(".", "/")
            assert file.with_suffix(".py").exists() or (file / "__main__.py").exists(), command
        if command.startswith("docker compose"):
            assert set(command.split()) & {"up", "build"} or set(command.split()) & set(SERVICES), command
        for names in re.findall(r"CHAOS=\"?([^\"]*)", command):
            assert set(re.findall(r"\b[a-z]{2,}$", names)) <= set(SCENARIOS), command


@every_page
def test_every_line_for_the_shell_is_tried(page: Page) -> None:
    """Here or beside what it is about; a block of another kind would be tried nowhere."""
    tried = {"make", "docker", "export", "candelabra", "curl", "ln", "cp", "$EDITOR", "old=$(docker"}
    assert {command.split()[0] for command in page.commands()} <= tried
    assert page.languages <= _LANGUAGES
    assert not re.search(r"^(    |\t)\S", page.prose, re.MULTILINE)


@every_page
def test_links_lead_somewhere(page: Page) -> None:
    """To files of the repository, and to headings that they have."""
    for file, anchor in page.links():
        assert file.exists(), file
        assert file.is_relative_to(ROOT)
        assert not anchor or anchor in Page(str(file.relative_to(ROOT))).anchors(), (file, anchor)


@every_page
def test_files_that_are_named_exist(page: Page) -> None:
    """By their path from the root; a test by its name alone is one of attacks."""
    for path in re.findall(r"`((?:api|domain|workers|ops|tests|migrations)/[\w/.]*)`", page.prose):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(test_\w+\.py)`", page.prose):
        assert (ROOT / "tests/attacks" / name).exists(), name


@pytest.mark.parametrize("room", ["api", "domain", "workers"])
def test_each_room_says_where_its_things_are(room: str) -> None:
    """In a table that names every folder, and no file or folder that is not there."""
    table = (ROOT / room / "README.md").read_text().partition("## Where things are")[2]
    named = {
        name for line in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(.*?)`", line)
    }
    there = {f"{path.name}/" if path.is_dir() else path.name for path in (ROOT / room).iterdir()}

    assert named - there == set()
    assert {name for name in there if name.endswith("/") and not name.startswith("__")} - named == set()


def spoken() -> Iterator[str]:
    """Words of the schema in capitals, and codes of errors."""
    yield from re.findall(r"^  ([A-Z_]+)$", (ROOT / "api/schema.graphql").read_text(), re.MULTILINE)
    yield from re.findall(r'^    code = "([A-Z_]+)"', (ROOT / "domain/errors.py").read_text(), re.MULTILINE)


@every_page
def test_settings_and_codes_that_are_named_exist(page: Page) -> None:
    """Every word in capitals is a setting, a code, a kind of the schema, or no word of ours."""
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})`", page.prose)) | {
        name for text in re.findall(r"`([^`]+)`", page.prose) for name in variables_of(text)
    }
    assert named <= SETTINGS | set(spoken()) | OF_MAKE | _OTHER_CAPITALS


def variables_of(text: str) -> set[str]:
    return set(re.findall(r"\b([A-Z][A-Z_]+)=", text))


@every_page
def test_fields_that_are_named_exist(page: Page) -> None:
    """`Type.field` of the schema."""
    schema = build_schema((ROOT / "api/schema.graphql").read_text())
    for kind, field in re.findall(r"`([A-Z]\w+)\.(\w+)", page.prose):
        found = schema.get_type(kind)
        if found is not None:
            assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
            assert field in found.fields, f"{kind}.{field}"


@every_page
def test_metrics_that_are_named_exist(page: Page) -> None:
    """As a process shows them."""
    declared = (ROOT / "domain/telemetry/metrics.py").read_text()
    for name in re.findall(r"`(candelabra_\w+)`", page.prose):
        assert f'"{name.removesuffix("_total")}"' in declared, name


def test_no_sentence_stands_twice() -> None:
    """What is told in two places is soon true in one."""
    seen: dict[str, str] = {}
    for page in PAGES:
        text = re.sub(r"\s+", " ", re.sub(r"^([|#].*$|- )", "", page.prose, flags=re.MULTILINE))
        for sentence in re.split(r"(?<=[.:;]) ", text.strip()):
            if len(sentence.split()) > 5:
                assert sentence not in seen, (page.path, seen[sentence], sentence)
                seen[sentence] = page.path


def test_the_table_of_settings_is_whole() -> None:
    """Each that people may set is there, and none that is not read."""
    table = "\n".join(re.findall(r"^\| `.*$", OPERATION.text, re.MULTILINE))
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", table))
    assert named <= SETTINGS
    assert {name for name in SETTINGS - named if not name.startswith("OTEL_")} == {"SANDBOX_URL"}  # a run's own


def test_every_page_is_found_from_the_first_one() -> None:
    """README stays short, because everything else has its place."""
    assert {ROOT / page.path for page in PAGES} == {ROOT / "README.md"} | {
        file for file, _ in README.links() if file.suffix == ".md"
    }
    assert len(README.text.splitlines()) <= _LONGEST_README


def test_its_version_of_python_is_that_of_the_project() -> None:
    """The least one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Python {project['requires-python'].replace('>=', '≥ ')}" in README.text
