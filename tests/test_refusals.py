"""Programs that cannot start say why and what to do, in one sentence or two, and end with a status that is not 0."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from domain.settings import Settings
from tests.api.process import ROOT, environment

_ARGUMENTS = {"access": ["charts", "read"]}
_ALL = ("api", "workers", "migrate", "access")
_SERVING = ("api", "workers")
_BY_FILE = ("api", "workers", "doctor")

# What is wrong, who is to notice, and what they say.
_TABLE: list[tuple[dict[str, str], tuple[str, ...], str]] = [
    (
        {"DB_USERNAME": "locked_out", "DB_PASSWORD": "a-wrong-one"},
        _ALL,
        (
            "PostgreSQL at {DB_HOST}:5432 refuses 'locked_out': password authentication failed for user "
            '"locked_out". Check DB_USERNAME and DB_PASSWORD.'
        ),
    ),
    (
        {"DB_NAME": "nowhere"},
        _ALL,
        "PostgreSQL at {DB_HOST}:5432 has no database 'nowhere'. Create it, or correct DB_NAME.",
    ),
    (
        {"REDIS_URL": "{unix}"},
        _SERVING,
        "Redis refuses us: invalid username-password pair or user is disabled. Check user and password in REDIS_URL.",
    ),
    (
        {"REDIS_URL": "http://me:a-wrong-one@localhost"},
        (*_ALL, "doctor"),
        (
            "REDIS_URL='http://me:…@localhost' is not usable: Redis URL must specify one of the following schemes "
            "(redis://, rediss://, unix://)."
        ),
    ),
    (
        {"REDIS_URL": ""},
        _BY_FILE,
        "REDIS_URL is not set, and no Redis was started on DATA_DIR; set it, or use `make run`.",
    ),
    (
        {"DB_HOST": "", "DB_PORT": "1"},
        _ALL,
        "DB_HOST is not set, and no PostgreSQL was started on DATA_DIR; set it, or use `make run`.",
    ),
    (
        {"EXCHANGES_FILE": "/nowhere/exchanges.toml"},
        _BY_FILE,
        (
            "The exchanges file /nowhere/exchanges.toml cannot be read: No such file or directory. "
            "Make it, or correct EXCHANGES_FILE."
        ),
    ),
    (
        {"EXCHANGES_FILE": "{folder}/broken.toml"},
        _BY_FILE,
        "{folder}/broken.toml is not TOML: Expected ']]' at the end of an array declaration (at line 1, column 11).",
    ),
    (
        {"EXCHANGES_FILE": "{folder}/unknown.toml"},
        ("workers", "doctor"),
        (
            "The exchange 'nyse' has the adapter 'nyse', which CCXT does not know. "
            "Correct its `adapter` in the exchanges file."
        ),
    ),
    (
        {"EXCHANGES_FILE": "{folder}/options.toml"},
        ("workers", "doctor"),
        (
            "CCXT cannot open the exchange 'binance' with [exchange.ccxt] as it is in the exchanges file: "
            "TypeError: 'int' object is not a mapping. Correct that."
        ),
    ),
    (
        {"DATA_DIR": "{folder}/torn"},
        _ALL,
        (
            "{folder}/torn/embedded.json, where `make run` notes its servers, cannot be read: "
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1). "
            "Stop that run, delete the file, or choose another DATA_DIR."
        ),
    ),
    (
        {"METRICS_PORT": "{taken}"},
        _SERVING,
        (
            "METRICS_PORT={taken} of METRICS_HOST=127.0.0.1 cannot be used: Address already in use. "
            "Stop what listens there, or choose another."
        ),
    ),
    (
        {"PORT": "{taken}"},
        ("api",),
        "PORT={taken} of HOST=127.0.0.1 is taken by another program; stop that, or choose another.",
    ),
    (
        {"PORT": "http"},
        ("api",),
        "PORT='http' is not usable: Input should be a valid integer, unable to parse string as an integer.",
    ),
    ({"SENTRY_DSN": "nonsense"}, _SERVING, "SENTRY_DSN is not usable: Unsupported scheme ''."),
]


@pytest.fixture
def places(tmp_path: Path, installation: Settings) -> Iterator[dict[str, str]]:
    """What stands in braces in the table."""
    (tmp_path / "broken.toml").write_text("[[exchange]\nname =")
    (tmp_path / "unknown.toml").write_text('[[exchange]]\nname = "nyse"\n')
    (tmp_path / "options.toml").write_text('[[exchange]]\nname = "binance"\n[exchange.ccxt]\noptions = 7\n')
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "embedded.json").write_text("{")
    unix = installation.redis_url.replace("unix://", "unix://nobody:a-wrong-one@")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield {
            "folder": str(tmp_path),
            "taken": str(taken.getsockname()[1]),
            "unix": unix,
            "DB_HOST": installation.db_host,
        }


async def let_in_by_password(installation: Settings, role: str) -> None:
    """The embedded server trusts everybody else."""
    db = await asyncpg.connect(host=installation.db_host, user=installation.db_user, database=installation.db_name)
    await asyncio.to_thread(_ask_for_password, Path(await db.fetchval("SHOW hba_file")), role)
    await db.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'another'")
    await db.execute("SELECT pg_reload_conf()")
    await db.close()


def _ask_for_password(hba: Path, role: str) -> None:
    hba.write_text(f"local all {role} scram-sha-256\n{hba.read_text()}")


async def test_a_program_that_cannot_start_says_why_and_what_to_do(
    installation: Settings, places: dict[str, str]
) -> None:
    """Never a stack trace, and no password."""
    await let_in_by_password(installation, "locked_out")
    expected, cases = [], []
    for changes, programs, told in _TABLE:
        filled = {name: value.format(**places) for name, value in changes.items()}
        for program in programs:
            cases.append((program, _ARGUMENTS.get(program, []), filled))
            expected.append([program, 1, told.format(**places) + "\n"])
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.refusing"),
        cwd=ROOT,
        env=environment(installation),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate(json.dumps(cases).encode())

    found = [[case[0], *outcome] for case, outcome in zip(cases, json.loads(output), strict=True)]
    assert found == expected
    assert "a-wrong-one" not in output.decode()
