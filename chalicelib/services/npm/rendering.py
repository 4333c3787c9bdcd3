"""Rendering: makes the packuments of a package follow its head, so that reading one is reading one object."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from chalicelib.domain.errors import Busy, VersionNotFound
from chalicelib.domain.head import Event, Head
from chalicelib.npm.packuments import FORMS, Packument, StalePackument, needed_texts, seen
from chalicelib.npm.versions import Form, VersionText
from chalicelib.services.npm.texts import Texts
from chalicelib.storage.parallel import at_once, in_parallel
from chalicelib.storage.port import NOT_MODIFIED
from chalicelib.stores.heads import Heads
from chalicelib.stores.packuments import PackumentStore, StoredPackument

PATIENCE_SECONDS: Final = 20.0
"""How long a lost swap is retried: less than the 29 seconds after which a gateway gives up."""
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 1.0


class Rendering:
    """Renders packuments; `base` is the registry's address for npm's clients, and ends with a slash."""

    def __init__(
        self,
        heads: Heads,
        packuments: PackumentStore,
        texts: Texts,
        *,
        base: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._heads = heads
        self._packuments = packuments
        self._texts = texts
        self._base = base
        self._sleep = sleep

    def follow(self, head: Head) -> None:
        """Make both forms show a head, or a later one; raises Busy when too many writers contend for too long.

        What the upstream says of a package of its own stays: it tells of more than what has come from there.
        """
        if not head.is_mirrored:
            self.render(head)

    def render(self, head: Head) -> None:
        """Make both forms show a head, whosever it is."""
        at_once(*(lambda form=form: self._follow(head, form) for form in FORMS))

    def _follow(self, head: Head, form: Form) -> None:
        started, pause = time.monotonic(), FIRST_PAUSE_SECONDS
        while True:
            stored = self._packuments.get(head.name, form)
            assert stored is not NOT_MODIFIED, "nothing was said to be known"
            packument = self._opened(head.name, form, stored)
            if packument.seq >= head.seq:
                return
            try:
                data = self._rendered(packument, head)
            except VersionNotFound:
                # What an older head shows may have been unpublished since.
                newer = self._heads.get(head.name)
                if newer is None or newer.seq == head.seq:
                    raise
                head = newer
                continue
            if self._packuments.swap(head.name, form, data, stored):
                return
            if time.monotonic() - started > PATIENCE_SECONDS:
                raise Busy(head.name)
            self._sleep(random.uniform(0, pause))  # noqa: S311 - jitter needs no secrecy
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            head = self._heads.get(head.name) or head

    def _opened(self, name: str, form: Form, stored: StoredPackument | None) -> Packument:
        if stored is not None:
            # What other code has made of the same events is made again.
            with suppress(StalePackument):
                if not seen(stored.data).is_mirrored:
                    return Packument.from_bytes(stored.data)
        return Packument(form, name, self._base)

    def _rendered(self, packument: Packument, head: Head) -> bytes:
        if packument.base != self._base:
            packument.move(self._base)
        events = self._events(head, after=packument.seq)
        texts = self._texts_of(head, events)
        packument.follow(events, head.view, texts)
        latest = head.view.latest if packument.form == "full" else None
        return packument.to_bytes(head.view, self._text(head, latest) if latest else None)

    def _events(self, head: Head, *, after: int) -> list[Event]:
        """Answer the events after one, from the head alone if it has them all."""
        if head.events and head.events[0].seq <= after + 1:
            return [event for event in head.events if event.seq > after]
        return [event for event in self._heads.events(head) if event.seq > after]

    def _texts_of(self, head: Head, events: Sequence[Event]) -> dict[str, VersionText]:
        versions = sorted(needed_texts(events, head.view))
        texts = in_parallel(lambda version: self._text(head, version), versions)
        return dict(zip(versions, texts, strict=True))

    def _text(self, head: Head, version: str) -> VersionText:
        text = self._texts.get(head.name, version)
        if text is None:
            raise VersionNotFound(head.name, version)
        return text
