"""Rendering: makes the packuments of a package follow its head, so that reading one is reading one object.

A packument is also the record of how far a package has been followed: the bytes of what events unpublished are erased
before the full one shows these events. So they go even if whoever unpublished died before it could erase them, and
others have changed the package since.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from chalicelib.domain.errors import Busy, VersionNotFound
from chalicelib.domain.head import Event, Head
from chalicelib.domain.upstream import UPSTREAM
from chalicelib.npm.packuments import FORMS, Packument, StalePackument, needed_texts, unpublished
from chalicelib.npm.versions import Form, VersionText
from chalicelib.services.npm.texts import Texts
from chalicelib.storage.contending import Contention
from chalicelib.storage.parallel import at_once, in_parallel
from chalicelib.storage.port import StorageUnavailable
from chalicelib.stores.heads import Heads
from chalicelib.stores.packuments import PackumentStore, StoredPackument

STAND_IN: Final = {"origin": UPSTREAM, "fetchedAt": "1970-01-01T00:00:00.000Z", "tarballs": None}
"""The facts of a packument that is made of what has come from the upstream, while there is no other.

It is the upstream's, and as old as can be: so the upstream is asked for its own as soon as it answers.
"""
PATIENCE_SECONDS: Final = 20.0
"""How long a lost swap is retried: less than the 29 seconds after which a gateway gives up."""

Erase = Callable[[str, str], None]
"""Removes the bytes of a version that was unpublished."""
TextOf = Callable[[str], VersionText]
"""Answers the text of a version."""


class Rendering:
    """Renders packuments; `base` is the registry's address for npm's clients, and ends with a slash."""

    def __init__(
        self,
        heads: Heads,
        packuments: PackumentStore,
        texts: Texts,
        *,
        base: str,
        erase: Erase,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._heads = heads
        self._packuments = packuments
        self._texts = texts
        self.base = base
        self._erase = erase
        self._sleep = sleep

    def follow(self, head: Head) -> None:
        """Make both forms show a head, or a later one; raises Busy when too many writers contend for too long.

        What the upstream says of a package of its own stays: it tells of more than what has come from there.
        """
        if not head.is_mirrored:
            self.render(head)

    def render(self, head: Head) -> None:
        """Make both forms show a head, whosever it is; but a form that has what the upstream says of it stays."""
        at_once(*(lambda form=form: self._follow(head, form) for form in FORMS))

    def stored(self, name: str, form: Form) -> StoredPackument | None:
        """Answer a packument as it is now, or None."""
        return self._packuments.get(name, form)

    def anew(self, head: Head, form: Form, text_of: TextOf) -> bytes:
        """Answer a packument as it is made of all events of a head; `text_of` answers the texts of versions."""
        return _followed(self._new(head, form), head, self._heads.events(head), text_of)

    def replace(self, head: Head, form: Form, data: bytes, stored: StoredPackument | None) -> bool:
        """Write a packument that was made anew over the one that was read; tells whether no writer was first."""
        self._erase_unpublished(head.name, form, self._heads.events(head))
        return self._packuments.swap(head.name, form, data, stored)

    def _follow(self, head: Head, form: Form) -> None:
        contention, wanted = Contention(PATIENCE_SECONDS, sleep=self._sleep), head.seq
        while True:
            stored = self.stored(head.name, form)
            kept = _kept(head, stored)
            # Whoever was first has gone on to the newest head there was, so that most who lost have nothing left to do.
            if kept is not None and (kept.seq >= wanted or kept.is_mirrored):
                return
            try:
                data = self._rendered(kept or self._new(head, form), head)
            except VersionNotFound:
                # What an older head shows may have been unpublished since.
                newer = self._heads.get(head.name)
                if newer is None or newer.seq == head.seq:
                    raise
                head = newer
                continue
            if self._swap(head.name, form, data, stored):
                return
            if not contention.waits():
                raise Busy(head.name)
            head = self._heads.get(head.name) or head

    def _swap(self, name: str, form: Form, data: bytes, stored: StoredPackument | None) -> bool:
        """Tell whether bytes were written; they may have been, too, where the medium's answer was lost."""
        try:
            return self._packuments.swap(name, form, data, stored)
        except StorageUnavailable as error:
            if error.retryable:
                return False
            raise

    def _new(self, head: Head, form: Form) -> Packument:
        return Packument(form, head.name, self.base, facts=dict(STAND_IN) if head.is_mirrored else {})

    def _rendered(self, packument: Packument, head: Head) -> bytes:
        if packument.base != self.base:
            packument.move(self.base)
        events = self._heads.events(head, after=packument.seq)
        self._erase_unpublished(head.name, packument.form, events)
        return _followed(packument, head, events, lambda version: self._text(head, version))

    def _erase_unpublished(self, name: str, form: Form, events: Sequence[Event]) -> None:
        if form == "full":
            in_parallel(lambda version: self._erase(name, version), unpublished(events))

    def _text(self, head: Head, version: str) -> VersionText:
        text = self._texts.get(head.name, version)
        if text is None:
            raise VersionNotFound(head.name, version)
        return text


def _kept(head: Head, stored: StoredPackument | None) -> Packument | None:
    """Answer a packument that can be gone on with, and is of the same origin as the head; else it is made anew."""
    if stored is None:
        return None
    try:
        packument = Packument.from_bytes(stored.data)
    except StalePackument:
        return None
    return packument if packument.is_mirrored == head.is_mirrored else None


def _followed(packument: Packument, head: Head, events: Sequence[Event], text_of: TextOf) -> bytes:
    """Answer the bytes of a packument that has gone on with events, to what a head shows."""
    versions = sorted(needed_texts(events, head.view))
    texts = dict(zip(versions, in_parallel(text_of, versions), strict=True))
    packument.follow(events, head.view, texts)
    latest = head.view.latest if packument.form == "full" else None
    return packument.to_bytes(head.view, (texts.get(latest) or text_of(latest)) if latest else None)
