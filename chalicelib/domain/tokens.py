"""Tokens: as text, and as they are recorded.

A token is the text `prism_<id>_<secret>`. It is told once, when it is made; what is recorded under its id is the
SHA-256 of the whole text, so that nobody who reads the bucket can use it.
"""

import hashlib
import hmac
import re
from typing import Final, Literal

from pydantic import Field

from chalicelib.domain.access import Caller, Scope, implied
from chalicelib.domain.document import Document
from chalicelib.domain.errors import NotFound
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns

TOKEN_PREFIX: Final = "prism"  # noqa: S105 - what every token begins with, not a secret
ID_BYTES: Final = 6
SECRET_BYTES: Final = 32
DIGEST_PREFIX: Final = "sha256:"

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH: Final = 43
_ID: Final = re.compile(r"[0-9a-f]{12}")
_TEXT: Final = re.compile(rf"{TOKEN_PREFIX}_({_ID.pattern})_[0-9A-Za-z]{{{_SECRET_LENGTH}}}")


class TokenNotFound(NotFound):
    """No token has this id."""

    code = "token_not_found"
    title = "No such token"

    def __init__(self, token: str) -> None:
        super().__init__(f"no token has the id `{token[:60]}`; `GET /v1/tokens` lists them", token=token[:60])


class TokenRights(Document):
    """Whom a token speaks as, what it may do, for which packages (absent: all) and how long (absent: for ever).

    `label` is what its owner calls it. One that `stemsFrom` another is good only while that one is, and one that is
    `openOnly` only while the registry is open.
    """

    name: str
    scopes: list[Scope]
    packages: list[str] | None = None
    expires_at: str | None = None
    label: str | None = None
    stems_from: str | None = None
    open_only: Literal[True] | None = None


class TokenFacts(TokenRights):
    """What may be told of a token."""

    id: str
    created_at: str
    created_by: str
    revoked_at: str | None = None
    revoked_by: str | None = None


class TokenRecord(TokenFacts):
    """A token as it is kept: its facts, and the SHA-256 of its text in hex."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    sha256: str = Field(repr=False)

    def facts(self) -> TokenFacts:
        """Answer what may be told."""
        return TokenFacts(**{name: getattr(self, name) for name in TokenFacts.model_fields})

    def accepts(self, digest: str, at: str) -> bool:
        """Tell whether the text with a digest may be used at a moment."""
        known = same_digest(self.sha256, digest)
        return known and self.is_good(at)

    def is_good(self, at: str) -> bool:
        """Tell whether the token is neither revoked nor expired at a moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def caller(self) -> Caller:
        """Answer the caller that the token makes of whoever brings it."""
        packages = EVERY_PACKAGE if self.packages is None else PackagePatterns(tuple(self.packages))
        return Caller(
            self.name,
            implied(self.scopes),
            packages,
            token=self.id,
            expires_at=self.expires_at,
            stems_from=self.stems_from,
            open_only=self.open_only is True,
        )


def token_text(identifier: bytes, secret: bytes) -> str:
    """Answer the text of a token, made of so many random bytes as ID_BYTES and SECRET_BYTES say."""
    number, digits = int.from_bytes(secret, "big"), ""
    for _ in range(_SECRET_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return f"{TOKEN_PREFIX}_{identifier.hex()}_{digits}"


def token_id(text: str) -> str | None:
    """Answer the id in a token's text, or None for a text that no token has."""
    found = _TEXT.fullmatch(text)
    return found[1] if found else None


def holds_token(text: str) -> bool:
    """Tell whether the text of a token is anywhere in a text."""
    return _TEXT.search(text) is not None


def is_token_id(text: str) -> bool:
    """Tell whether a text can be a token's id, and so part of a key."""
    return _ID.fullmatch(text) is not None


def digest_of(text: str) -> str:
    """Answer the SHA-256 of a token's text in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def configured_digest(setting: str | None) -> str | None:
    """Answer the digest of the token that a setting names: by its text, or as `sha256:` and the digest."""
    if setting is None:
        return None
    if setting.lower().startswith(DIGEST_PREFIX):
        return setting[len(DIGEST_PREFIX) :].lower()
    return digest_of(setting)


def same_digest(one: str, other: str) -> bool:
    """Compare two digests in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
