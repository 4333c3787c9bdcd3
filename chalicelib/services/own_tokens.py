"""Users' own tokens: those that speak as the caller, listed, made and revoked without an admin."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.domain.access import Caller, Forbidden, PackageForbidden, Scope, ScopeMissing
from chalicelib.domain.logins import own_rights
from chalicelib.domain.patterns import EVERYTHING, PackagePatterns
from chalicelib.domain.times import timestamp
from chalicelib.domain.tokens import (
    TokenFacts,
    TokenNotFound,
    TokenRecord,
    TokenRights,
    is_token_id,
    token_id,
)
from chalicelib.services.granting import Granting, NewToken
from chalicelib.storage.parallel import in_parallel
from chalicelib.stores.access import Tokens

PAGE: Final = 100


class OwnPage(NamedTuple):
    """A page of a caller's tokens that are good, and the cursor of the page after it; a page may be empty."""

    tokens: list[TokenFacts]
    next: str | None


class Wanted(NamedTuple):
    """What a new token is to be; what is None is as the caller's own token has it."""

    label: str | None = None
    read_only: bool | None = None
    packages: Sequence[str] | None = None
    lifetime: timedelta | None = None


class OwnTokens:
    """Lets whoever has a token list, make and revoke those that speak as they do, and never one that may do more."""

    def __init__(self, tokens: Tokens, granting: Granting, *, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._granting = granting
        self._now = now

    def page(self, caller: Caller, *, after: str) -> OwnPage:
        """Answer those of one page of all tokens that are the caller's and good.

        Those that a token of theirs stems from are read as well, each once.
        """
        found = self._tokens.page(after, PAGE + 1)
        at = timestamp(self._now())
        own = [record for record in found[:PAGE] if _owns(caller, record) and record.is_good(at)]
        origins = self._good({record.stems_from for record in own if record.stems_from}, at)
        shown = [
            record.facts() for record in own if record.stems_from is None or record.stems_from in origins
        ]
        return OwnPage(shown, found[PAGE - 1].id if len(found) > PAGE else None)

    def _good(self, ids: Iterable[str], at: str) -> set[str]:
        """Answer which of some tokens are good: what stems from another is so no longer than that one."""
        records = in_parallel(self._tokens.get, ids)
        return {record.id for record in records if record is not None and record.is_good(at)}

    def create(self, caller: Caller, wanted: Wanted) -> NewToken:
        """Make a token that speaks as the caller, at most as long as their own; raises Forbidden and InvalidPayload."""
        most = own_rights(caller)
        rights = most.model_copy(
            update={
                "label": wanted.label,
                "scopes": most.scopes
                if wanted.read_only is None
                else _scopes(most, caller, read_only=wanted.read_only),
                "packages": most.packages if wanted.packages is None else _within(caller, wanted.packages),
                "expires_at": self._end(caller, wanted.lifetime),
            }
        )
        return self._granting.issue(rights, by=caller)

    def revoke(self, caller: Caller, token: str) -> TokenFacts:
        """Revoke one of the caller's tokens, named by id or text; raises TokenNotFound and Forbidden."""
        identifier = token_id(token) or token
        record = self._tokens.get(identifier) if is_token_id(identifier) else None
        if record is None or not _owns(caller, record):
            raise TokenNotFound(identifier if is_token_id(identifier) else "…")
        if not _covers(caller, record.caller()):
            raise Forbidden(
                f"the token `{record.id}` may do more than the one that you sent; revoke it with one that may as much"
            )
        return self._granting.revoke_token(record.id, by=caller)

    def _end(self, caller: Caller, lifetime: timedelta | None) -> str | None:
        wanted = timestamp(self._now() + lifetime) if lifetime else None
        ends = [end for end in (wanted, caller.expires_at) if end is not None]
        return min(ends, default=None)


def _owns(caller: Caller, record: TokenRecord) -> bool:
    """Tell whether a token speaks as the caller; a name that was never shown to be theirs gives nobody tokens."""
    return record.name == caller.name and (record.open_only is True) == caller.open_only


def _covers(caller: Caller, other: Caller) -> bool:
    """Tell whether a caller may all that another one may."""
    packages = all(map(caller.packages.include, other.packages.texts))
    return caller.token == other.token or (other.scopes <= caller.scopes and packages)


def _scopes(most: TokenRights, caller: Caller, *, read_only: bool) -> list[Scope]:
    if read_only:
        return ["read"]
    if not caller.may("publish"):
        raise ScopeMissing("publish", caller.scopes)
    return most.scopes


def _within(caller: Caller, packages: Sequence[str]) -> list[str] | None:
    patterns = PackagePatterns.parse(packages)
    for pattern in patterns.texts:
        if not caller.packages.include(pattern):
            raise PackageForbidden(pattern, caller.packages)
    return None if EVERYTHING in patterns.texts else list(patterns.texts)
