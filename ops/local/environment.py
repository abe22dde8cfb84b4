"""Makes .venv what uv.lock says, with uv fetched into .uv where there is none.

Runs before anything is installed: standard library only.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
WHEELS_OF_DEBIAN_AND_FEDORA: Final = Path("/usr/share/python-wheels")
UV: Final = "uv>=0.9,<1"
STAMP: Final = ROOT / ".venv" / "synced"


class PreparationError(Exception):
    """Why there is no environment, in a sentence for the person who asked for it."""


def main() -> int:
    try:
        prepare()
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def prepare() -> None:
    """Does nothing, and needs no network, when the environment is what it should be."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted and (ROOT / ".venv" / "bin" / "python").exists():
        return
    print("Installing what uv.lock names into .venv (this takes a minute the first time) …", flush=True)
    STAMP.unlink(missing_ok=True)
    sync(uv())
    STAMP.write_text(wanted)


def fingerprint() -> str:
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "uv.lock"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def uv() -> str:
    found = shutil.which("uv")
    if found:
        return found
    fetched = ROOT / ".uv" / "bin" / "uv"
    if not fetched.exists():
        fetch_uv()
    return str(fetched)


def fetch_uv() -> None:
    pip = own_pip()
    if pip is None:
        raise PreparationError(
            f"Candelabra installs itself with uv, and {sys.executable} has neither pip nor venv to fetch it with. "
            "Install uv, or the pip of this Python (on Debian and Ubuntu: apt install python3-venv)."
        )
    # A plain folder: a virtual environment would need more than some systems ship with Python.
    command = [*pip, "install", "--quiet", "--upgrade", "--target", str(ROOT / ".uv"), UV]
    settings = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    if subprocess.run(command, check=False, env={**os.environ, **settings}).returncode != 0:
        raise PreparationError("uv could not be fetched; what pip says stands above. Install uv, or try again.")


def own_pip() -> list[str] | None:
    """How to call the pip of this Python, or the one it keeps to set up virtual environments."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is None or ensurepip.origin is None:
        return None
    folders = (Path(ensurepip.origin).parent / "_bundled", WHEELS_OF_DEBIAN_AND_FEDORA)
    wheels = [wheel for folder in folders for wheel in folder.glob("pip-*.whl")]
    return [sys.executable, str(wheels[0] / "pip")] if wheels else None


def sync(uv: str, *options: str) -> None:
    command = [uv, "sync", "--frozen", "--quiet", "--project", str(ROOT), "--python", sys.executable, *options]
    if subprocess.run(command, check=False, env=sync_environment()).returncode != 0:
        raise PreparationError("The dependencies could not be installed; what uv says stands above. Try again.")


def sync_environment() -> dict[str, str]:
    """That of the caller, but for what would lead uv elsewhere."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment.update(UV_PYTHON_DOWNLOADS="never", UV_PROJECT_ENVIRONMENT=str(ROOT / ".venv"))
    if not os.access(os.environ.get("HOME", ""), os.W_OK) and "XDG_CACHE_HOME" not in environment:
        environment.setdefault("UV_CACHE_DIR", str(ROOT / ".uv" / "cache"))
    return environment


if __name__ == "__main__":
    sys.exit(main())
