"""Attesting: what comes with a version to say where it is from is verified before it is kept, and told afterwards."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote

from pydantic_core import from_json

from chalicelib.domain.access import Caller
from chalicelib.domain.attestations import (
    Accepted,
    Attestation,
    AttestationExists,
    AttestationNotFound,
    TrustSetting,
)
from chalicelib.domain.audit import Action
from chalicelib.domain.document import Document, canonical_json
from chalicelib.domain.times import timestamp
from chalicelib.npm.attestations.trust import default_root
from chalicelib.services.auditing import Auditing
from chalicelib.stores.access import TrustSettings
from chalicelib.stores.attestations import Attestations
from chalicelib.stores.heads import Heads

if TYPE_CHECKING:
    from chalicelib.npm.attestations.roots import TrustedRoot

PATH = "-/npm/v1/attestations/"
"""Where npm asks for attestations, below the registry's address."""


class TrustFacts(Document):
    """Whom attestations are to be signed by: a trusted root in Sigstore's format, set by an admin or the default."""

    source: Literal["set", "default"]
    changed_at: str | None = None
    changed_by: str | None = None
    root: dict[str, Any]


class _Known(NamedTuple):
    """A root that was read, and the setting it was read from."""

    setting: TrustSetting | None
    root: "TrustedRoot"


class Attesting:
    """Verifies, keeps and tells attestations."""

    def __init__(
        self,
        attestations: Attestations,
        heads: Heads,
        trust: TrustSettings,
        auditing: Auditing,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._attestations = attestations
        self._heads = heads
        self._trust = trust
        self._auditing = auditing
        self._now = now
        self._known: _Known | None = None

    def check(self, bundle: bytes, name: str, version: str, sha512: str) -> Accepted:
        """Hold a bundle to be a trusted attestation of a version's tarball, `sha512` its digest in hex.

        One conditional read. Raises AttestationRefused.
        """
        from chalicelib.npm.attestations.verifying import verify

        return verify(bundle, self._root(), name=name, version=version, sha512=sha512)

    def keep(self, name: str, version: str, bundle: bytes) -> None:
        """Keep a bundle that was accepted as the version's; keeping it again changes nothing.

        Raises AttestationExists for another one, and AttestationSubjectMismatch for one about another version.
        """
        from chalicelib.npm.attestations.bundles import Bundle
        from chalicelib.npm.attestations.statements import Statement

        statement = Statement.parse(Bundle.parse(bundle).envelope.payload)
        statement.check_version(name, version)
        kept = Attestation(predicate_type=statement.predicate_type, bundle=from_json(bundle))
        if self._attestations.keep(name, version, kept).to_bytes() != kept.to_bytes():
            raise AttestationExists(name, version)

    def summary(self, name: str, version: str) -> dict[str, Any] | None:
        """Answer what npm calls `dist.attestations` of a version, with the `path` below the registry, or None."""
        kept = self._attestations.get(name, version)
        if kept is None:
            return None
        path = f"{PATH}{quote(f'{name}@{version}', safe='@')}"
        return {"path": path, "provenance": {"predicateType": kept.predicate_type}}

    def attestations(self, name: str, version: str) -> list[Attestation]:
        """Answer what a version came with, once it is published; raises AttestationNotFound."""
        head = self._heads.get(name)
        kept = self._attestations.get(name, version) if head and version in head.view.versions else None
        if kept is None:
            raise AttestationNotFound(name, version)
        return [kept]

    def trusted(self) -> TrustFacts:
        """Answer whom attestations are to be signed by."""
        return _facts(self._trust.get())

    def trust(self, root: dict[str, Any], *, by: Caller) -> TrustFacts:
        """Trust a root, in Sigstore's format, in place of the one before; raises InvalidTrustedRoot and Busy."""
        from chalicelib.npm.attestations.roots import parse_root

        parse_root(root)
        return self._changed("trust.set", root, by)

    def reset_trust(self, *, by: Caller) -> TrustFacts:
        """Trust the default root again; raises Busy."""
        return self._changed("trust.reset", None, by)

    def _changed(self, action: Action, root: dict[str, Any] | None, by: Caller) -> TrustFacts:
        digest = hashlib.sha256(canonical_json(root)).hexdigest() if root else "default"

        @cache
        def order() -> None:
            self._auditing.order(action, digest, by)

        def changed(present: TrustSetting | None) -> TrustSetting | None:
            if root == (present.root if present else None):
                return None
            order()
            return TrustSetting(root=root, changed_at=timestamp(self._now()), changed_by=by.name or "")

        return _facts(self._trust.change(changed))

    def _root(self) -> "TrustedRoot":
        from chalicelib.npm.attestations.roots import parse_root

        setting = self._trust.get()
        if self._known is None or self._known.setting is not setting:
            value = setting.root if setting and setting.root else default_root()
            self._known = _Known(setting, parse_root(value))
        return self._known.root


def _facts(setting: TrustSetting | None) -> TrustFacts:
    changed_at, changed_by = (setting.changed_at, setting.changed_by) if setting else (None, None)
    if setting is not None and setting.root is not None:
        return TrustFacts(source="set", changed_at=changed_at, changed_by=changed_by, root=setting.root)
    return TrustFacts(source="default", changed_at=changed_at, changed_by=changed_by, root=default_root())
