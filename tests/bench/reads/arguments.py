"""What contestants of our own making are told when they start."""

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Arguments:
    """`body`: the file with what is answered always."""

    port: int
    host: str
    database: str
    body: Path | None

    @classmethod
    def parse(cls, module: str) -> Self:
        parser = ArgumentParser(prog=f"python -m {module}")
        parser.add_argument("--port", type=int, required=True, help="TCP port of the loopback address to listen on")
        parser.add_argument("--host", required=True, help="folder of PostgreSQL's socket")
        parser.add_argument("--database", required=True)
        parser.add_argument("--body", type=Path, help="file with the answer to /constant")
        return cls(**vars(parser.parse_args()))
