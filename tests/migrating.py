"""Migrations, real ones and such of our own choice, applied to a database."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from domain.migrate import LOCATION, upgrade
from domain.settings import Settings


@dataclass(frozen=True)
class Folder:
    """Migrations of our own choice."""

    path: Path

    def keep(self, count: int) -> None:
        """The first so many of the real ones."""
        (self.path / "domain").mkdir(exist_ok=True)
        for file in real_migrations()[:count]:
            shutil.copy(file, self.path / "domain")

    def add(self, name: str, statements: str) -> None:
        code = f'RUN_IN_TRANSACTION = True\nasync def upgrade(db):\n    return """{statements}"""\n'
        (self.path / "domain" / name).write_text(code + "MODELS_STATE = ''\n")

    async def apply(self, settings: Settings) -> list[str]:
        """Names of those applied."""
        return await upgrade(settings, self.path)


def real_migrations() -> list[Path]:
    return sorted((LOCATION / "domain").glob("[0-9]*.py"), key=lambda file: int(file.name.partition("_")[0]))
