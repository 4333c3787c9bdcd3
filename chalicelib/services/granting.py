"""Granting: who may do what. Every change is written into the log before it is made."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache

from pydantic import Field

from chalicelib.domain.access import SCOPES, Caller, Scope
from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.patterns import EVERYTHING, PackagePatterns
from chalicelib.domain.publishers import (
    TrustedPublisher,
    TrustedPublishers,
    normal_name,
    publisher_name,
    publisher_pattern,
)
from chalicelib.domain.times import timestamp
from chalicelib.domain.tokens import (
    ID_BYTES,
    SECRET_BYTES,
    TokenFacts,
    TokenRecord,
    TokenRights,
    digest_of,
    token_id,
    token_text,
)
from chalicelib.services.auditing import Auditing
from chalicelib.stores.access import AuditLog, Publishers, Tokens


class NewToken(TokenFacts):
    """A token that was just made, with its text, which is never told again."""

    token: str = Field(repr=False)


class TokenList(Document):
    """A page of tokens, ascending by id; `next` is the cursor of the page after it."""

    tokens: list[TokenFacts]
    next: str | None = None


class AuditPage(Document):
    """A page of the log, the newest first; `next` is the cursor of the page after it."""

    entries: list[AuditEntry]
    next: str | None = None


class PublisherList(Document):
    """The trusted publishers, ascending by name; `everybody` who may publish is trusted until one is listed."""

    publishers: list[TrustedPublisher]
    everybody: bool


class Granting:
    """Makes and revokes tokens, and says whom to trust; `by` is who wants it."""

    def __init__(
        self,
        tokens: Tokens,
        publishers: Publishers,
        log: AuditLog,
        *,
        now: Callable[[], datetime],
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._tokens = tokens
        self._publishers = publishers
        self._log = log
        self._order = Auditing(log, now=now, random_bytes=random_bytes).order
        self._now = now
        self._random_bytes = random_bytes

    def create_token(
        self,
        name: str,
        scopes: Sequence[Scope],
        *,
        packages: Sequence[str] | None = None,
        lifetime: timedelta | None = None,
        by: Caller,
    ) -> NewToken:
        """Make a token that speaks as `name`; raises InvalidPayload."""
        rights = TokenRights(
            name=publisher_name(name),
            scopes=_scopes(scopes, packages),
            packages=None if packages is None else list(PackagePatterns.parse(packages).texts),
            expires_at=timestamp(self._now() + lifetime) if lifetime else None,
        )
        return self.issue(rights, by=by)

    def issue(self, rights: TokenRights, *, by: Caller) -> NewToken:
        """Make a token with rights that were checked before; `by` is who makes it, for an admin or for themselves."""
        wanted = {
            **{name: getattr(rights, name) for name in TokenRights.model_fields},
            "created_at": timestamp(self._now()),
            "created_by": _name(by),
        }
        while True:
            text = token_text(self._random_bytes(ID_BYTES), self._random_bytes(SECRET_BYTES))
            record = TokenRecord(id=token_id(text), sha256=digest_of(text), **wanted)
            facts = record.facts()
            self._order("token.create", record.id, by, facts.to_json_value())
            if self._tokens.create(record):
                return NewToken(token=text, **facts.model_dump())

    def revoke_token(self, token: str, *, by: Caller) -> TokenFacts:
        """Make a token worthless from the very next request on; raises TokenNotFound."""

        @cache
        def order() -> None:
            self._order("token.revoke", token, by)

        def revoked(record: TokenRecord) -> TokenRecord | None:
            if record.revoked_at is not None:
                return None
            order()
            return record.model_copy(update={"revoked_at": timestamp(self._now()), "revoked_by": _name(by)})

        return self._tokens.change(token, revoked).facts()

    def tokens(self, *, after: str, limit: int) -> TokenList:
        """Answer a page of all tokens, also of those that are revoked or have expired."""
        found = [record.facts() for record in self._tokens.page(after, limit + 1)]
        page = found[:limit]
        return TokenList(tokens=page, next=page[-1].id if len(found) > limit else None)

    def publishers(self) -> PublisherList:
        """Answer the list of trusted publishers."""
        return _listed(self._publishers.get())

    def allow_publisher(
        self, name: str, packages: Sequence[str] | None = None, *, by: Caller
    ) -> PublisherList:
        """Put a publisher on the list, for all packages unless some are given; raises InvalidPayload."""
        line = TrustedPublisher(
            name=publisher_pattern(name),
            packages=list(PackagePatterns.parse([EVERYTHING] if packages is None else packages).texts),
            allowed_at=timestamp(self._now()),
            allowed_by=_name(by),
        )

        @cache
        def order() -> None:
            self._order("publisher.allow", line.name, by, {"packages": line.packages})

        def allowed(present: TrustedPublishers) -> TrustedPublishers | None:
            known = present.line(line.name)
            if known is not None and known.packages == line.packages:
                return None
            wanted = present.allowing(line)
            order()
            return wanted

        return _listed(self._publishers.change(allowed))

    def remove_publisher(self, name: str, *, by: Caller) -> PublisherList:
        """Take a publisher off the list; raises PublisherNotFound."""
        name = normal_name(name)

        @cache
        def order() -> None:
            self._order("publisher.remove", name, by)

        def removed(present: TrustedPublishers) -> TrustedPublishers:
            wanted = present.without(name)
            order()
            return wanted

        return _listed(self._publishers.change(removed))

    def log(self, *, after: str, limit: int) -> AuditPage:
        """Answer a page of the log."""
        found = self._log.page(after, limit + 1)
        page = found[:limit]
        return AuditPage(entries=page, next=page[-1].place if len(found) > limit else None)


def _scopes(scopes: Sequence[Scope], packages: Sequence[str] | None) -> list[Scope]:
    if not scopes:
        raise InvalidPayload(f"`scopes` is empty; name one of {', '.join(SCOPES)}")
    if "admin" in scopes and packages is not None:
        raise InvalidPayload(
            "a token with the scope `admin` is for all packages, since it can make any other token"
        )
    return sorted(set(scopes), key=SCOPES.index)


def _listed(publishers: TrustedPublishers) -> PublisherList:
    return PublisherList(publishers=publishers.publishers, everybody=publishers.everybody)


def _name(by: Caller) -> str:
    assert by.name is not None, "nobody unknown changes who may do what"
    return by.name
