"""Packuments: what npm's clients read of a package, made again from the head's events and the versions' texts."""

from collections.abc import Iterator
from typing import Final

from chalicelib.domain.errors import Busy
from chalicelib.domain.head import Head
from chalicelib.domain.names import PackageName
from chalicelib.domain.rebuilding import Outcome, RebuildFinding
from chalicelib.npm.packuments import (
    FORMS,
    Packument,
    StalePackument,
    seen,
    seen_if_sound,
    unpacks_to_the_same,
)
from chalicelib.npm.versions import Form, VersionText
from chalicelib.services.npm.rendering import Rendering
from chalicelib.services.rebuilding.earlier import Earlier
from chalicelib.services.rebuilding.values import Bench, Lost
from chalicelib.services.rebuilding.versions import remade_text
from chalicelib.stores.packuments import StoredPackument

ATTEMPTS: Final = 5
"""How often others may write the same packument before this gives up."""

Judgement = tuple[Outcome, str | None]


def examine_packuments(
    bench: Bench, rendering: Rendering, head: Head, earlier: Earlier
) -> Iterator[RebuildFinding]:
    """Compare both forms with what follows from the head, and write those that are something else."""
    for form in FORMS:
        yield from _Examination(bench, rendering, form, earlier).findings(head)


class _Examination:
    """One form of a package's packument."""

    def __init__(self, bench: Bench, rendering: Rendering, form: Form, earlier: Earlier) -> None:
        self._bench = bench
        self._rendering = rendering
        self._form: Form = form
        self._earlier = earlier

    def findings(self, head: Head) -> Iterator[RebuildFinding]:
        """Answer what was found, and nothing of a copy; raises Busy where others keep writing."""
        for _ in range(ATTEMPTS):
            stored = self._rendering.stored(head.name, self._form)
            if _is_copy(stored):
                return
            # Somebody may have changed the package since its head was read.
            head = self._newer(head, stored)
            try:
                made = self._made(head, stored)
                outcome, detail = _judge(stored, made, head)
            except Lost as lost:
                told = f"it cannot be derived: `{lost.finding.key}`: {lost.finding.detail}"
                yield self._told(head, "lost", told)
                return
            if outcome in {"equal", "kept"} or self._bench.check or self._replaced(head, made, stored):
                yield self._told(head, outcome, detail)
                return
        raise Busy(head.name)

    def _newer(self, head: Head, stored: StoredPackument | None) -> Head:
        if stored is None or _seq_of(stored) <= head.seq:
            return head
        return self._bench.workshop.heads.get(head.name) or head

    def _replaced(self, head: Head, made: bytes, stored: StoredPackument | None) -> bool:
        return self._rendering.replace(head, self._form, made, stored)

    def _made(self, head: Head, stored: StoredPackument | None) -> bytes:
        """Answer the packument as it should be.

        Texts that an earlier portion has looked at are taken for what they should be. Only where a check finds a
        difference are they made anew, for it has left them as they are.
        """
        made = self._rendering.anew(head, self._form, lambda version: self._text(head, version))
        if stored is None or stored.data == made or not self._bench.check:
            return made
        return self._rendering.anew(head, self._form, lambda version: self._text(head, version, sure=True))

    def _text(self, head: Head, version: str, *, sure: bool = False) -> VersionText:
        known, name = self._earlier.knows_text(version), PackageName(head.name)
        stored = self._bench.workshop.texts.stored(name, version)
        if stored is not None and known is not False and (known or not sure):
            try:
                return VersionText.from_bytes(stored)
            except ValueError:
                pass
        return remade_text(self._bench, name, version, self._earlier)

    def _told(self, head: Head, outcome: Outcome, detail: str | None) -> RebuildFinding:
        key = self._bench.keys.packument(head.name, self._form)
        return RebuildFinding(kind="packument", key=key, outcome=outcome, detail=detail)


def _judge(stored: StoredPackument | None, made: bytes, head: Head) -> Judgement:
    if stored is None:
        return "missing", None
    if stored.data == made:
        return "equal", None
    try:
        found = Packument.from_bytes(stored.data)
    except StalePackument as error:
        return "corrupt", f"it cannot be gone on with: {error}"
    if found.seq < head.seq:
        return "missing", f"the packument knows event {found.seq}, and the last one is {head.seq}"
    if unpacks_to_the_same(stored.data, made):
        return "kept", "its bytes are others, and what they unpack to is the same"
    if found.base != seen(made).base:
        return "corrupt", f"it is for readers at `{found.base}`, and the registry is at `{seen(made).base}`"
    return "corrupt", "it says something else than the head and the texts"


def _seq_of(stored: StoredPackument) -> int:
    try:
        return Packument.from_bytes(stored.data).seq
    except StalePackument:
        return 0


def _is_copy(stored: StoredPackument | None) -> bool:
    """Tell whether a packument is another registry's, and follows no head."""
    found = seen_if_sound(stored.data) if stored else None
    return found is not None and found.is_mirrored
