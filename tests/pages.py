"""The pages that people read, as tests read them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent

_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A file of Markdown below the root."""

    path: str

    @property
    def text(self) -> str:
        return (ROOT / self.path).read_text()

    @property
    def prose(self) -> str:
        return _BLOCK.sub("", self.text)

    @property
    def languages(self) -> set[str]:
        """Those of its blocks; empty for one without."""
        return {language for language, _ in _BLOCK.findall(self.text)}

    def blocks(self, language: str) -> list[str]:
        return [text for found, text in _BLOCK.findall(self.text) if found == language]

    def queries(self) -> list[tuple[str, str | None]]:
        """GraphQL, each with the JSON that is shown after it."""
        found = [(language, text) for language, text in _BLOCK.findall(self.text) if language in {"graphql", "json"}]
        follows = [*found, ("", "")][1:]
        return [
            (text, shown if kind == "json" else None)
            for (language, text), (kind, shown) in zip(found, follows, strict=True)
            if language == "graphql"
        ]

    def commands(self, first_word: str = "") -> list[str]:
        """Lines for the shell without comments, all or those of one program."""
        lines = [line for block in self.blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
        bare = [re.sub(r"\s+#\s.*", "", line).strip() for line in lines]
        return [line for line in bare if line and (not first_word or line.split()[0] == first_word)]

    def anchors(self) -> set[str]:
        """What links may name behind `#`."""
        headings = re.findall(r"^#+ (.*)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def links(self) -> Iterator[tuple[Path, str]]:
        """File and anchor of each link that stays in the house."""
        for target in re.findall(r"\]\(([^)]+)\)", self.prose):
            if "://" not in target:
                file, _, anchor = target.partition("#")
                yield ((ROOT / self.path).parent / file if file else ROOT / self.path).resolve(), anchor


README: Final = Page("README.md")
API: Final = Page("api/README.md")
DOMAIN: Final = Page("domain/README.md")
WORKERS: Final = Page("workers/README.md")
OPERATION: Final = Page("ops/README.md")
OUTGROWING: Final = Page("ops/outgrowing.md")
TESTS: Final = Page("tests/README.md")
PAGES: Final = (README, API, DOMAIN, WORKERS, OPERATION, OUTGROWING, TESTS)


def variables(command: str) -> set[str]:
    """Names of what a command sets by NAME=value."""
    return {word.partition("=")[0] for word in shlex.split(command) if re.match(r"[A-Z_]+=", word)}
