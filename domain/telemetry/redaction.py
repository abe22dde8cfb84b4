"""Keeping secrets out of what leaves the process: logs and reports."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from domain.settings import Settings

REDACTED: Final = "[redacted]"

# Where secrets stand that no setting names: what a client sends, or what an address holds.
_USERINFO: Final = re.compile(r"(?<=://)[^\s/@'\"]+(?=@)")
_KEY: Final = re.compile(r"\b(cnd_[0-9a-f]+_)[0-9a-f]+")
_BEARER: Final = re.compile(r"(?i)\b(bearer\s+)[^\s'\",;]+")


@dataclass(frozen=True, slots=True)
class Redaction:
    """Knows the secrets of an installation."""

    secrets: re.Pattern[str] | None

    @classmethod
    def of(cls, settings: Settings, secrets: Iterable[str] = ()) -> Self:
        """`secrets` are those of the exchanges file."""
        found = {*_values(settings), urlsplit(settings.redis_url).password or "", *secrets}
        spelled = found | {unquote(secret) for secret in found}
        # The longest first: one may be a part of another.
        known = sorted((re.escape(secret) for secret in spelled if secret), key=len, reverse=True)
        return cls(re.compile("|".join(known)) if known else None)

    def text(self, text: str) -> str:
        clean = self.secrets.sub(REDACTED, text) if self.secrets else text
        without_keys = _KEY.sub(rf"\1{REDACTED}", _USERINFO.sub(REDACTED, clean))
        return _BEARER.sub(rf"\1{REDACTED}", without_keys)

    def anything(self, value: Any) -> Any:
        """The value with every text in it redacted; what is no JSON becomes text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {str(key): self.anything(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.anything(item) for item in value]
        return self.text(str(value))


def _values(settings: Settings) -> Iterator[str]:
    """What settings hold that is secret; of lists of headers the value of each."""
    for name, value in settings:
        if isinstance(value, SecretStr):
            text = value.get_secret_value()
            yield text
            if name.endswith("_headers"):
                yield from _of_headers(text)


def _of_headers(text: str) -> Iterator[str]:
    """The value of each, spelled as it was and without its scheme."""
    for header in text.split(","):
        value = header.partition("=")[2].strip()
        yield from (value, unquote(value).rpartition(" ")[2])
