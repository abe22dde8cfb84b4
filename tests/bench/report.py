"""What benches found, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """`is_met` is None where there is no target."""

    what: str
    measured: str
    target: str = ""
    is_met: bool | None = None


@dataclass(frozen=True)
class Section:
    """What one bench found; `about` says in prose what was done, `notes` what is to be known beside it."""

    title: str
    about: str
    findings: Sequence[Finding]
    notes: Sequence[str] = field(default=())

    def __str__(self) -> str:
        rows = [f"| {one.what} | {one.measured} | {one.target} | {_verdict(one)} |" for one in self.findings]
        table = "\n".join(["| what | measured | target | |", "|---|---|---|---|", *rows])
        return "\n\n".join([f"## {self.title}", self.about, table, *self.notes])


def _verdict(finding: Finding) -> str:
    return {True: "met", False: "**missed**", None: ""}[finding.is_met]


def markdown(machine: str, sections: Sequence[Section]) -> str:
    head = "# Benchmarks\n\nMeasured by `make bench`. " + machine
    return "\n\n".join([head, *map(str, sections)]) + "\n"
