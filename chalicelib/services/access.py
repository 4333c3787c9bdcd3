"""Access: from a token to whoever brings it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from chalicelib.domain.access import Caller, InvalidToken, implied
from chalicelib.domain.times import timestamp
from chalicelib.domain.tokens import TokenRecord, digest_of, same_digest, token_id
from chalicelib.stores.access import Tokens

ADMIN: Final = Caller(name="admin", scopes=implied(["admin"]), token="setting")  # noqa: S106 - an id, no secret
"""Whoever brings the token of the settings."""

_UNKNOWN: Final = TokenRecord(id="0" * 12, name="nobody", scopes=[], created_at="", created_by="", sha256="-")


class Access:
    """Knows callers by their tokens."""

    def __init__(
        self,
        tokens: Tokens,
        *,
        admin_digest: str | None,
        now: Callable[[], datetime],
        is_open: bool = False,
    ) -> None:
        self._tokens = tokens
        self._admin_digest = admin_digest
        self._now = now
        self._is_open = is_open

    def authenticate(self, text: str) -> Caller:
        """Answer the caller with a token; one read, and none for the token of the settings. Raises InvalidToken.

        A text that is unknown, wrong, expired or revoked is refused in one way, after the same comparison. A token that
        stems from another costs the read of that one too.
        """
        digest = digest_of(text)
        if same_digest(self._admin_digest or _UNKNOWN.sha256, digest):
            return ADMIN
        identifier = token_id(text)
        record = (self._tokens.get(identifier) if identifier else None) or _UNKNOWN
        at = timestamp(self._now())
        if not record.accepts(digest, at) or not self._still_counts(record, at):
            raise InvalidToken
        return record.caller()

    def _still_counts(self, record: TokenRecord, at: str) -> bool:
        """Tell whether what a good token depends on is still so: an open registry, or the token it stems from."""
        if record.open_only:
            return self._is_open
        if record.stems_from is None:
            return True
        origin = self._tokens.get(record.stems_from)
        return origin is not None and origin.is_good(at)
