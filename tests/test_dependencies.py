"""What we stand on: each library with its reason, locked, and under a licence that is known."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from ops.licences import page, python_licences
from ops.local.environment import uv

ROOT: Final = Path(__file__).parent.parent

# Licences that ask for the source of what they are linked with.
_DEMANDING: Final = re.compile(r"\b(A?GPL|SSPL|BUSL)", re.IGNORECASE)


def test_each_dependency_says_what_it_is_for() -> None:
    """In a comment beside it."""
    lines = re.findall(r'^    "[\w.,\[\]-]+[<>=][^"]*",.*$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    unexplained = [line for line in lines if not re.search(r",\s+# \S+", line)]

    assert len(lines) > 30
    assert unexplained == []


def test_make_check_refuses_a_lock_that_is_stale(tmp_path: Path) -> None:
    """That is, one that was not made of pyproject.toml as it stands."""
    [command] = re.findall(r"(uv lock --check.*)", (ROOT / "Makefile").read_text())
    words = [uv(), *command.split()[1:], "--offline"]
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0

    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text().replace('"starlette>=', '"starlette>=99.'))
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_the_list_of_licences_is_that_of_the_lock() -> None:
    """`make licences` writes it."""
    assert (ROOT / "ops" / "licences.md").read_text() == page()


def test_no_library_asks_for_our_source() -> None:
    """Each says its licence, and none is of that kind."""
    licences = python_licences()

    assert [name for name, licence in licences.items() if not licence or licence == "UNKNOWN"] == []
    assert [name for name, licence in licences.items() if _DEMANDING.search(licence)] == []
