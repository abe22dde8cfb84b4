"""docker-compose.yml as it is read: YAML, and variables that it asks for."""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from tests.deploy.image import ROOT

TEXT: Final = (ROOT / "docker-compose.yml").read_text()
SERVICES: Final[dict[str, dict[str, Any]]] = yaml.safe_load(TEXT)["services"]

# What runs from our image.
PROGRAMS: Final = ("migrate", "api", "worker")


def asked_for() -> set[str]:
    """Variables that stop the start when they are missing."""
    return set(re.findall(r"\$\{(\w+):\?", TEXT))


def offered() -> set[str]:
    """Variables that may be left out."""
    return set(re.findall(r"\$\{(\w+):-\}", TEXT))


def environment() -> Iterator[tuple[str, str, str]]:
    """Service, variable and value."""
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            yield name, variable, str(value)


def mounted(service: dict[str, Any]) -> Iterator[str]:
    """Files and folders of this folder that a service sees."""
    for volume in service.get("volumes", []):
        source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
        if source.startswith("./"):
            yield source
