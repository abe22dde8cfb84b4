"""The command `candelabra`, as somebody gives it beside an API."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

from api.cli.app import main


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Runs the command beside an API."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def run(self, *words: str) -> Done:
        return await asyncio.to_thread(self._run, words)

    async def fails(self, *words: str) -> str:
        """What it says on stderr; nothing stands on stdout."""
        done = await self.run(*words)
        assert (done.status, done.out) == (1, "")
        assert "Traceback" not in done.err
        return done.err.strip()

    def _run(self, words: Sequence[str]) -> Done:
        written = BytesIO()
        out = TextIOWrapper(written, encoding="utf-8", newline="", write_through=True)
        with redirect_stdout(out), redirect_stderr(StringIO()) as err:
            status = main([*words, "--url", self.url])
        return Done(status, written.getvalue().decode(), err.getvalue())
