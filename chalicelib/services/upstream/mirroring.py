"""Mirroring: the packuments of the upstream's packages, fetched when they are first asked for and kept.

What is kept is served for as long as it is fresh. Then the upstream is asked whether it has changed, and while it does
not answer, what is kept is served on. How fresh it is a process knows for itself: nothing is written where nothing has
changed, so that what clients have stays right.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from chalicelib import telemetry
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.domain.times import moment, timestamp
from chalicelib.domain.upstream import BadUpstream, PackageOwned, UpstreamUnavailable
from chalicelib.npm.mirrored import MirroredPackage, UnusableDocument, document_path
from chalicelib.npm.packuments import FORMS, seen_if_sound
from chalicelib.npm.versions import Form
from chalicelib.services.upstream.fetching import Fetched, Fetching
from chalicelib.stores.cache import Cache
from chalicelib.stores.heads import Heads
from chalicelib.stores.packuments import PackumentStore, StoredPackument

REFRESH_SECONDS: Final = 10.0
"""How long the upstream is waited for while there is something to serve."""
AGAIN_SECONDS: Final = 30.0
"""After how long an upstream is asked again that did not answer, while there is something to serve."""

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.upstream")


class Mirroring:
    """Keeps the upstream's packuments; `base` is this registry's address for npm's clients, `own` what never is theirs.

    `ttl` is for how many seconds one counts as fresh.
    """

    def __init__(
        self,
        fetching: Fetching,
        heads: Heads,
        packuments: PackumentStore,
        *,
        base: str,
        own: PackagePatterns,
        ttl: float,
        now: Callable[[], datetime],
    ) -> None:
        self._fetching = fetching
        self._heads = heads
        self._packuments = packuments
        self._base = base
        self._own = own
        self._ttl = ttl
        self._now = now
        self._fresh_until: Cache[float] = Cache(1 << 20)
        self._away_until = 0.0

    def check_open(self, name: PackageName) -> None:
        """Let a name be asked of the upstream that is not one's own; raises PackageOwned."""
        if self._own.match(name):
            raise PackageOwned(name)
        head = self._heads.get(name)
        if head is not None and head.is_owned:
            raise PackageOwned(name)

    def is_fresh(self, name: PackageName, form: Form) -> bool:
        """Tell whether a packument need not be asked for; costs nothing."""
        until = self._fresh_until.get(f"{name} {form}")
        return until is not None and time.monotonic() < until

    def fetched(self, name: PackageName, form: Form) -> StoredPackument | None:
        """Answer a packument that nobody has asked for yet, or None if the upstream has no such package.

        Raises PackageOwned, UpstreamUnavailable and BadUpstream.
        """
        self.check_open(name)
        found = self._ask(name)
        if found is None or found.data is None:
            return None
        return self._kept(name, form, found.data, found.etag, present=None)

    def refreshed(
        self, name: PackageName, form: Form, stored: StoredPackument, facts: Mapping[str, Any]
    ) -> StoredPackument:
        """Answer a packument as fresh as can be had in short; raises PackageOwned if it is the upstream's no longer."""
        if self.is_fresh(name, form) or self._is_new(name, form, facts):
            return stored
        self.check_open(name)
        if time.monotonic() < self._away_until:
            return stored
        try:
            return self._asked_again(name, form, stored, facts, seconds=REFRESH_SECONDS)
        except (UpstreamUnavailable, BadUpstream) as error:
            _LOG.warning("served as it was: %s", error, extra={"package": name, "code": error.code})
            telemetry.count("UpstreamFailures", Code=error.code)
            self._mark(name, form, AGAIN_SECONDS)
            if isinstance(error, UpstreamUnavailable):
                self._away_until = time.monotonic() + AGAIN_SECONDS
            return stored

    def current(self, name: PackageName) -> StoredPackument | None:
        """Answer the full packument as fresh as can be had in short, or None.

        Raises PackageOwned, UpstreamUnavailable and BadUpstream.
        """
        kept = self._present(name, "full")
        return self.refreshed(name, "full", *kept) if kept else self.fetched(name, "full")

    def latest(self, name: PackageName) -> StoredPackument | None:
        """Answer the full packument as the upstream has it now, or None.

        Raises PackageOwned, UpstreamUnavailable and BadUpstream.
        """
        kept = self._present(name, "full")
        if kept is None:
            return self.fetched(name, "full")
        self.check_open(name)
        return self._asked_again(name, "full", *kept)

    def _present(self, name: PackageName, form: Form) -> tuple[StoredPackument, Mapping[str, Any]] | None:
        """Answer the packument that is kept of the upstream's, and its facts, or None."""
        stored = self._packuments.get(name, form)
        told = seen_if_sound(stored.data) if stored else None
        return (stored, told.facts) if stored and told and told.is_mirrored else None

    def _asked_again(
        self,
        name: PackageName,
        form: Form,
        stored: StoredPackument,
        facts: Mapping[str, Any],
        *,
        seconds: float | None = None,
    ) -> StoredPackument:
        found = self._ask(name, known=facts.get("etag"), seconds=seconds)
        if found is None or found.data is None or _digest(found.data) == facts.get("sha256"):
            # What is gone there stays here: somebody's lock file may name it.
            self._mark(name, form, self._ttl)
            return stored
        return self._kept(name, form, found.data, found.etag, present=stored)

    def _ask(
        self, name: PackageName, *, known: str | None = None, seconds: float | None = None
    ) -> Fetched | None:
        started = time.perf_counter()
        try:
            return self._fetching.document(document_path(name), known=known, seconds=seconds)
        finally:
            telemetry.measure("UpstreamDuration", (time.perf_counter() - started) * 1000)

    def _kept(
        self, name: PackageName, form: Form, data: bytes, etag: str | None, present: StoredPackument | None
    ) -> StoredPackument:
        """Write both forms over what was there; answers the one that is there then, whoever wrote it."""
        try:
            package = MirroredPackage.parse(name, data)
            facts = {"etag": etag, "sha256": _digest(data), "fetchedAt": timestamp(self._now())}
            rendered = package.rendered(self._base, self._fetching.base, facts)
        except UnusableDocument as error:
            raise BadUpstream(f"the packument of `{name}` is not one: {error}") from None
        except ValueError as error:
            raise BadUpstream(f"the packument of `{name}` cannot be kept: {error}") from None
        for other in FORMS:
            if other != form:
                self._write(name, other, rendered[other], self._packuments.get(name, other))
        self._write(name, form, rendered[form], present or self._packuments.get(name, form))
        kept = self._present(name, form)
        if kept is None:
            raise PackageOwned(name)
        return kept[0]

    def _write(self, name: PackageName, form: Form, data: bytes, present: StoredPackument | None) -> None:
        told = seen_if_sound(present.data) if present else None
        if told is not None and not told.is_mirrored:
            return  # somebody has published it here
        self._packuments.swap(name, form, data, present)
        self._mark(name, form, self._ttl)

    def _is_new(self, name: PackageName, form: Form, facts: Mapping[str, Any]) -> bool:
        """Tell whether a packument was fetched a moment ago, by whomever, and remember it."""
        left = self._ttl - (self._now() - moment(str(facts["fetchedAt"]))).total_seconds()
        if left > 0:
            self._mark(name, form, min(left, self._ttl))
        return left > 0

    def _mark(self, name: PackageName, form: Form, seconds: float) -> None:
        self._fresh_until.put(f"{name} {form}", time.monotonic() + seconds, 200)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
