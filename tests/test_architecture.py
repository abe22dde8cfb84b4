"""The house: which room may know which, and how large anything may grow."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = ("api", "domain", "workers", "ops")
SOURCES: Final = [
    path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "node_modules" not in str(path)
]

# Lines. What is longer does two things.
LONGEST_FILE: Final = 250
LONGEST_FUNCTION: Final = 40
USUAL_FUNCTION: Final = 8

# Who may import what; a name that is not here may be imported anywhere.
MAY_IMPORT: Final = {
    "api": ("api/*", "ops/*"),
    "workers": ("workers/*",),
    "ops": ("ops/*",),
    "tests": (),
    "strawberry": ("api/*",),
    "graphql": ("api/*",),
    "ccxt": ("workers/*",),
    "tortoise": (
        "domain/postgres/*",
        "domain/models.py",
        "domain/fields.py",
        "domain/database.py",
        "domain/migrate.py",
        "domain/outage.py",
    ),
    "aerich": ("domain/migrate.py",),
    "arq": ("domain/queue.py", "domain/arq_queue.py", "workers/*"),
    "limits": ("domain/access/tally.py",),
    "asyncpg": (
        "domain/postgres/*",
        "domain/migrate.py",
        "domain/outage.py",
        "domain/timerange.py",
        "domain/storage/*",
        "workers/store.py",
        "api/errors.py",
        "ops/local/connections.py",
    ),
    "starlette": ("api/*", "ops/sandbox/*"),
    "uvicorn": ("api/*", "ops/sandbox/*"),
    "prometheus_client": (
        "domain/telemetry/*",
        "domain/instrumentation.py",
        "api/metering.py",
        "api/observer.py",
        "api/http/request_count.py",
    ),
    "structlog": ("domain/telemetry/*",),
    "sentry_sdk": ("domain/telemetry/*",),
    "gql": ("api/cli/*",),
    "typer": ("api/cli/*",),
    "rich": ("api/cli/*", "ops/local/*"),
}
FORBIDDEN_NAMES: Final = {"utils", "helpers", "common", "manager", "misc", "base"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_go_one_way(path: Path) -> None:
    """Api and workers meet in domain, which knows neither; each library lives in its own rooms."""
    for name in imported(path):
        allowed = MAY_IMPORT.get(name)
        assert allowed is None or any(fnmatch(relative(path), place) for place in allowed), name


def parts(path: Path) -> Iterator[str]:
    """The folders and files of its own room that a file imports from."""
    room, *_ = path.relative_to(ROOT).parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == room:
            _, *below = node.module.split(".")
            yield from below[:1] or (alias.name for alias in node.names)


@pytest.mark.parametrize("room", ["domain", "workers", "ops"])
def test_folders_of_a_room_are_in_layers(room: str) -> None:
    """What a folder imports from does not import from it, by whatever detour, so that each can be read by itself.

    Not so in `api`: what a request is given holds what was made of fields, which are worked out of what it is given.
    """
    knows: dict[str, set[str]] = {}
    for path in SOURCES:
        own = path.relative_to(ROOT).parts
        if own[0] == room:
            knows.setdefault(own[1].removesuffix(".py"), set()).update(parts(path))
    TopologicalSorter({name: others - {name} for name, others in knows.items()}).prepare()


def test_the_command_is_a_client() -> None:
    """It knows the contract and nothing of the installation, so that it can run anywhere."""
    for path in (ROOT / "api" / "cli").glob("*.py"):
        modules = {
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        }
        assert {name for name in modules if name.startswith(ROOMS) and not name.startswith("api.cli.")} == set()
        assert not set(imported(path)) & {*ROOMS, "strawberry"} - {"api"}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_and_functions_stay_small(path: Path) -> None:
    """One concept a file, one thought a function."""
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    assert [f"{item.name}: {lines(item)}" for item in functions(path) if lines(item) > LONGEST_FUNCTION] == []
    assert path.stem not in FORBIDDEN_NAMES


def test_most_functions_are_very_small() -> None:
    """Half of all functions fit in a glance."""
    lengths = sorted(lines(function) for path in SOURCES for function in functions(path))
    assert lengths[len(lengths) // 2] <= USUAL_FUNCTION


def test_sql_stays_in_storage() -> None:
    """Only storage modules, migrations and what opens the database speak SQL."""
    speakers = ("domain/storage/*", "domain/migrate.py", "ops/local/*")
    words = ("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ")
    for path in SOURCES:
        texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
        speaks = any(isinstance(text, str) and text.lstrip().startswith(words) for text in texts)
        assert not speaks or any(fnmatch(relative(path), place) for place in speakers), relative(path)
