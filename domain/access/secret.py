"""Keys as their holders have them: `cnd_PREFIX_SECRET`, of which only a hash is kept beside the visible prefix."""

import re
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex
from typing import Final, Self

# Bytes of chance: enough to tell keys apart, and to be never guessed.
_PREFIX_BYTES: Final = 6
_SECRET_BYTES: Final = 24

_FORM: Final = re.compile(rf"(cnd_[0-9a-f]{{{2 * _PREFIX_BYTES}}})_[0-9a-f]{{{2 * _SECRET_BYTES}}}")

# Takes the place of what is not there, so that a prefix that exists takes no longer to refuse than one that does not.
_NO_DIGEST: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Secret:
    """`prefix` may be shown and logged, `text` is for its holder alone."""

    prefix: str
    text: str

    @classmethod
    def new(cls) -> Self:
        prefix = f"cnd_{token_hex(_PREFIX_BYTES)}"
        return cls(prefix, f"{prefix}_{token_hex(_SECRET_BYTES)}")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what cannot be a key."""
        form = _FORM.fullmatch(text)
        return cls(form[1], text) if form else None

    @property
    def digest(self) -> str:
        """Without salt or stretching: nobody can try out 192 bits of chance."""
        return sha256(self.text.encode()).hexdigest()

    def matches(self, digest: str | None) -> bool:
        """In a time that tells nothing about the digest."""
        return compare_digest(self.digest, digest or _NO_DIGEST)

    def __repr__(self) -> str:
        return f"Secret({self.prefix}_…)"
