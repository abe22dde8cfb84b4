"""The image without an engine: what the Dockerfile says is done in folders, and what it runs is run there."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Final, TypeAlias

from dockerfile_parse import DockerfileParser

from ops.local.account import Account
from ops.local.environment import uv
from ops.local.npm import npm
from tests.deploy.layers import Layers

ROOT: Final = Path(__file__).parents[2]
Instruction: TypeAlias = tuple[str, str]

# Beside the libraries of the environment, and gone with it.
_LAYERS: Final = Layers(ROOT / ".venv" / "layers")


@dataclass
class Stage:
    """A file system in a folder, and what later commands find set."""

    root: Path
    folder: Path = Path("/")
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def current(self) -> Path:
        return self.inside(self.folder)

    def inside(self, path: str | Path) -> Path:
        return self.root / (self.folder / path).relative_to("/")

    def settings(self) -> dict[str, str]:
        """Its variables, with its own folders in the search path."""
        search = self.environment.get("PATH", "").split(":")
        return {**self.environment, "PATH": ":".join(str(self.inside(path)) if path else "" for path in search)}


@dataclass(frozen=True)
class Image:
    """What can be run, by an account that may write nothing of it."""

    stage: Stage
    instructions: dict[str, str]
    account: Account | None

    def command(self, instruction: str) -> list[str]:
        """That of CMD or HEALTHCHECK."""
        text = self.instructions[instruction]
        found: list[str] = json.loads(text[text.index("[") :])
        return found

    def start(self, command: list[str], log: Path, settings: dict[str, str]) -> "subprocess.Popen[str]":
        environment = {**self.stage.settings(), "HOME": str(self.stage.root), **settings}
        environment["PATH"] += f":{os.defpath}"
        program = shutil.which(command[0], path=environment["PATH"]) or command[0]
        with log.open("a") as output:
            return subprocess.Popen(
                [program, *command[1:]],
                cwd=self.stage.current,
                env=environment,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=self.account.groups if self.account else None,
                stdout=output,
                stderr=output,
                text=True,
            )


def instructions() -> list[Instruction]:
    found = DockerfileParser(path=str(ROOT / "Dockerfile")).structure
    return [(item["instruction"], item["value"]) for item in found if item["instruction"] != "COMMENT"]


def copied() -> list[str]:
    """What comes from this folder."""
    copies = [shlex.split(value) for name, value in instructions() if name == "COPY"]
    return [source for words in copies if not words[0].startswith("--from") for source in words[:-1]]


def build(folder: Path, account: Account | None) -> Image:
    """Every stage in a folder of its own, and the last one after all others, which do not need each other.

    What images of others hold is taken to be on this machine. As with an engine, what a RUN line made is kept, and
    made anew when the line or what it sees has changed.
    """
    programs = _programs(folder / "programs")
    stages = {name: Stage(folder / name) for name, _ in _stages()}
    *before, (last, lines) = _stages()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda stage: _build(stages[stage[0]], stage[1], stages, programs), before))
    _build(stages[last], lines, stages, programs)
    _LAYERS.forget_others()
    root = stages[last].root
    return Image(stages[last], dict(lines), account and account.let_in(Path(sys.base_prefix)).let_through(root / "app"))


def _build(stage: Stage, lines: list[Instruction], stages: dict[str, Stage], programs: Path) -> None:
    stage.root.mkdir()
    for instruction, value in lines:
        _DO.get(instruction, _nothing)(stage, value, stages, programs)


def _stages() -> Iterator[tuple[str, list[Instruction]]]:
    lines = instructions()
    starts = [at for at, (name, _) in enumerate(lines) if name == "FROM"]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        _, _, name = lines[start][1].partition(" AS ")
        yield name or "image", lines[start + 1 : end]


def _programs(folder: Path) -> Path:
    """Those of the base images that RUN lines call."""
    folder.mkdir()
    (folder / "uv").symlink_to(shutil.which(uv()) or uv())
    (folder / "npm").write_text(f'#!/bin/sh\nexec {shlex.join(npm())} "$@"\n')
    (folder / "npm").chmod(0o755)
    return folder


def _workdir(stage: Stage, value: str, *_: object) -> None:
    stage.folder = Path(value)
    stage.current.mkdir(parents=True, exist_ok=True)


def _env(stage: Stage, value: str, *_: object) -> None:
    for item in shlex.split(value):
        name, text = item.split("=", 1)
        stage.environment[name] = Template(text).safe_substitute(PATH=stage.environment.get("PATH", ""))


def _copy(stage: Stage, value: str, stages: dict[str, Stage], _: Path) -> None:
    *sources, target = shlex.split(value)
    origin = sources.pop(0).removeprefix("--from=") if sources[0].startswith("--from=") else None
    if origin is not None and origin not in stages:
        return
    for source in sources:
        found = stages[origin].inside(source) if origin else ROOT / source
        into = stage.inside(target)
        if found.is_dir():
            ignored = None if origin else shutil.ignore_patterns("__pycache__", "node_modules", "*.md")
            copy = os.link if origin else shutil.copy2
            shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True, ignore=ignored, copy_function=copy)
        else:
            shutil.copy(found, into)


def _run(stage: Stage, value: str, _: dict[str, Stage], programs: Path) -> None:
    command = re.sub(r"--mount=\S+ ", "", value)
    seen = (sys.executable, sys.version, str(stage.folder), command, repr(sorted(stage.environment.items())))
    _LAYERS.make(stage.root, seen, lambda: _do(stage, command, programs))


def _do(stage: Stage, command: str, programs: Path) -> None:
    inherited = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}
    settings = {**inherited, **stage.environment, "PATH": f"{programs}:{os.environ['PATH']}"}
    settings["UV_PYTHON"] = sys.executable
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=stage.current, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def _nothing(*_: object) -> None:
    """What matters to an engine only."""


_DO: Final[dict[str, Callable[[Stage, str, dict[str, Stage], Path], None]]] = {
    "WORKDIR": _workdir,
    "ENV": _env,
    "COPY": _copy,
    "RUN": _run,
}
