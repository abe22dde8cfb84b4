"""`python -m ops.licences`: the licences of all that the image holds of others, as a page."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from packaging.requirements import Requirement

from ops.local.environment import ROOT, PreparationError, uv

_LOCK_OF_PAGES: Final = ROOT / "api" / "web" / "package-lock.json"

# The image's, whatever this machine is.
_IMAGE: Final = {
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "implementation_name": "cpython",
    "python_version": "3.11",
    "python_full_version": "3.11.14",
}
_HEAD: Final = """# Licences

What the image holds of others, written by `make licences`. The servers beside it come under their own.
"""


def main() -> int:
    try:
        print(page(), end="")
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def page() -> str:
    """Markdown. Raises PreparationError where there is no uv."""
    return "\n".join([_HEAD, *_table("Python", python_licences()), "", *_table("Pages", page_licences()), ""])


def python_licences() -> dict[str, str]:
    """What the packages' own metadata says, by package."""
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--packages", *production_packages()]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {row["Name"].lower().replace("_", "-"): row["License"] for row in found}


def production_packages() -> list[str]:
    """Names of what uv.lock has for the image."""
    command = [uv(), "export", "--frozen", "--quiet", "--no-default-groups", "--no-hashes", "--no-annotate"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    return [found.name for found in map(Requirement, _requirements(lines)) if _is_for_image(found)]


def page_licences() -> dict[str, str]:
    """What package-lock.json says, by package."""
    packages = json.loads(_LOCK_OF_PAGES.read_text())["packages"]
    return {
        path.rpartition("node_modules/")[2]: item.get("license", "not told")
        for path, item in packages.items()
        if path and not item.get("dev")
    }


def _requirements(lines: list[str]) -> Iterator[str]:
    return (line for line in lines if line and not line.lstrip().startswith("#"))


def _is_for_image(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(_IMAGE)


def _table(title: str, licences: dict[str, str]) -> list[str]:
    rows = (f"| {name} | {licence} |" for name, licence in sorted(licences.items()))
    return [f"## {title}", "", "| package | licence |", "|---|---|", *rows]


if __name__ == "__main__":
    sys.exit(main())
