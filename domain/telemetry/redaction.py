"""Keeping secrets out of what leaves the process: logs and reports."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from domain.settings import Settings

REDACTED: Final = "[redacted]"

# Where secrets stand that no setting names: what a client sends, or what an address holds.
_USERINFO: Final = re.compile(r"(?<=://)[^\s/@'\"]+(?=@)")
_BEARER: Final = re.compile(r"(?i)\b(bearer\s+)[^\s'\",;]+")


@dataclass(frozen=True, slots=True)
class Redaction:
    """Knows the secrets of an installation."""

    secrets: re.Pattern[str] | None

    @classmethod
    def of(cls, settings: Settings, secrets: Iterable[str] = ()) -> Self:
        """`secrets` are those of the exchanges file."""
        passwords = (settings.db_password.get_secret_value(), urlsplit(settings.redis_url).password or "")
        spelled = {*passwords, unquote(passwords[1]), settings.sentry_dsn.get_secret_value(), *secrets}
        # The longest first: one may be a part of another.
        known = sorted((re.escape(secret) for secret in spelled if secret), key=len, reverse=True)
        return cls(re.compile("|".join(known)) if known else None)

    def text(self, text: str) -> str:
        clean = self.secrets.sub(REDACTED, text) if self.secrets else text
        return _BEARER.sub(rf"\1{REDACTED}", _USERINFO.sub(REDACTED, clean))

    def anything(self, value: Any) -> Any:
        """The value with every text in it redacted; what is no JSON becomes text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {str(key): self.anything(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.anything(item) for item in value]
        return self.text(str(value))
