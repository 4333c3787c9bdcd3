"""Packuments: what npm's clients read of a package, all its versions in one gzip member that is served as it is.

A packument follows the events of its package's head. What it needs to go on from there lies in the member's extra
field, which readers of gzip pass over: so one object is what is served and what the next publish appends to, and
appending neither parses nor compresses the versions that were there.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Self

from chalicelib.domain.document import compact_json
from chalicelib.domain.head import Event, VersionState, View
from chalicelib.domain.upstream import UPSTREAM
from chalicelib.npm.gzipping import inflated, member, packed, taken_apart, unpacked
from chalicelib.npm.members import Members, sealed_length
from chalicelib.npm.versions import Form, VersionText, addressed, escaped, fields_of, marked

FORMS: Final[tuple[Form, ...]] = ("full", "abbreviated")
LAYOUT: Final = 1
"""Changes whenever the same events are rendered otherwise."""
VERSIONS_A_GROUP: Final = 64
TIMES_A_GROUP: Final = 512
_MARKS: Final = frozenset({"deprecate", "yank", "unyank", "unpublish"})
TOLD: Final = (
    "description",
    "homepage",
    "keywords",
    "repository",
    "author",
    "contributors",
    "bugs",
    "license",
)
_WARNING: Final = re.compile(rb'\A\{"deprecated":"(?:[^"\\]|\\.)*",')
"""The warning at the beginning of a version's text; a package.json has none of its own."""
_DIST: Final = b',"dist":{"tarball":"'
"""What the registry tells of a version begins so, at the end of its line; a package.json may hold it before."""
_ADDRESSES: Final = (b'"tarball":"', b'"url":"')
"""What stands before an address of the registry there."""


class StalePackument(Exception):
    """A stored packument cannot be gone on with; it has to be rendered anew."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader needs to know of a stored packument: its base address, and whether any version is left."""

    base: str
    empty: bool
    facts: Mapping[str, Any]

    @property
    def is_mirrored(self) -> bool:
        """Whether it is the upstream's."""
        return self.facts.get("origin") == UPSTREAM


@dataclass(slots=True)
class Packument:
    """A packument in one form, as of event `seq`; `base` is the registry's address, and ends with a slash.

    `facts` are kept for whoever renders it.
    """

    form: Form
    name: str
    base: str
    seq: int = 0
    created: str | None = None
    modified: str | None = None
    empty: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    versions: Members = field(default_factory=lambda: Members(VERSIONS_A_GROUP))
    times: Members = field(default_factory=lambda: Members(TIMES_A_GROUP))

    @property
    def is_mirrored(self) -> bool:
        """Whether it is the upstream's."""
        return self.facts.get("origin") == UPSTREAM

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take a stored packument apart; raises StalePackument."""
        try:
            extra, body = taken_apart(data)
            told = json.loads(extra)
            if told["layout"] != LAYOUT:
                raise StalePackument(f"it has the layout {told['layout']}")
            return cls._restored(told, body)
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            raise StalePackument(str(error)) from error

    @classmethod
    def _restored(cls, told: dict[str, Any], body: bytes) -> Self:
        prologue, middle, end = told["lengths"]
        versions, times = told["versions"], told["times"]
        cuts = [0]
        for length in (prologue, sealed_length(versions), middle, sealed_length(times), end):
            cuts.append(cuts[-1] + length)
        parts = [body[start:stop] for start, stop in pairwise(cuts)]
        return cls(
            form=told["form"],
            name=told["name"],
            base=told["base"],
            seq=told["seq"],
            created=told["created"],
            modified=told["modified"],
            empty=told["empty"],
            facts=told["facts"],
            versions=Members.restored(
                VERSIONS_A_GROUP, versions, parts[1], inflated(parts[2])[: versions["rest"]]
            ),
            times=Members.restored(TIMES_A_GROUP, times, parts[3], inflated(parts[4])[: times["rest"]]),
        )

    def follow(self, events: Iterable[Event], view: View, texts: Mapping[str, VersionText]) -> None:
        """Go on with the events that came since, to the view they lead to; `texts` are those of `needed_texts`."""
        published, touched = set(), set()
        for event in events:
            self.created = self.created or event.at
            self.modified, self.seq = event.at, event.seq
            version = event.version or ""
            if event.type == "publish":
                published.add(version)
                self.versions.add(self._line(version, view, texts))
                self.times.add(_member(version, event.at))
            elif event.type in _MARKS:
                touched.add(version)
        states = {compact_json(version): view.versions.get(version) for version in touched - published}
        self.versions.replace(states, lambda key, line: _marked_again(key, line, states[key]))
        self.empty = not view.versions

    def move(self, base: str) -> None:
        """Give every address in it another base."""
        old, self.base = self.base, base
        self.versions.change(lambda line: _moved(line, old, base))

    def to_bytes(self, view: View, latest: VersionText | None) -> bytes:
        """Answer the bytes that are stored and served; `latest` is the text of the version that `latest` names."""
        return self.written(view.tags, root_fields(view, latest) if self.form == "full" else {})

    def written(self, tags: Mapping[str, str], told: Mapping[str, Any]) -> bytes:
        """Answer the bytes that are stored and served; `told` are the fields of the package itself."""
        texts = (self._prologue(tags), self._middle(), self._end(told))
        return member(
            lambda lengths: self._extra(lengths[0], lengths[2], lengths[4]),
            (texts[0], self.versions.sealed, texts[1], self.times.sealed, texts[2]),
        )

    def _line(self, version: str, view: View, texts: Mapping[str, VersionText]) -> bytes | None:
        state = view.versions.get(version)
        if state is None:
            return None
        text = marked(texts[version].form(self.form), warning(state.deprecated, state.yanked))
        return compact_json(version) + b":" + addressed(text, self.base)

    def _extra(self, prologue: int, middle: int, end: int) -> bytes:
        return compact_json(
            {
                "layout": LAYOUT,
                "base": self.base,
                "empty": self.empty,
                "facts": self.facts,
                "form": self.form,
                "name": self.name,
                "seq": self.seq,
                "created": self.created,
                "modified": self.modified,
                "lengths": [prologue, middle, end],
                "versions": self.versions.described(),
                "times": self.times.described(),
            }
        )

    def _prologue(self, tags: Mapping[str, str]) -> bytes:
        # A head that was just made has its tags in another order than one that was read.
        tags = dict(sorted(tags.items()))
        head: dict[str, Any] = {"name": self.name, "dist-tags": tags, "modified": self.modified}
        if self.form == "full":
            head = {"_id": self.name, "_rev": str(self.seq), "name": self.name, "dist-tags": tags}
        return _opened(head, "versions")

    def _middle(self) -> bytes:
        times = {"created": self.created, "modified": self.modified}
        opened = b"},\n" + compact_json("time") + b":" + compact_json(times)[:-1]
        return self.versions.rest + opened + (b",\n" if self.times.open or self.times.sealed.size else b"")

    def _end(self, told: Mapping[str, Any]) -> bytes:
        return self.times.rest + b"}" + (b"," + compact_json(told)[1:] if told else b"}")


def seen(data: bytes) -> Seen:
    """Answer what a reader needs to know of stored bytes; raises StalePackument."""
    try:
        told = json.loads(taken_apart(data).extra)
        return Seen(told["base"], told["empty"], told["facts"])
    except (KeyError, TypeError, ValueError) as error:
        raise StalePackument(str(error)) from error


def seen_if_sound(data: bytes) -> Seen | None:
    """Answer what a reader needs to know of stored bytes, or None for those that cannot be gone on with."""
    try:
        return seen(data)
    except StalePackument:
        return None


def moved(data: bytes, old: str, base: str) -> bytes:
    """Answer a packument for readers who know the registry by another address, without what appending needs."""
    text = unpacked(data)
    start = text.index(b"\n")
    stop = text.index(b'\n"time":', start)
    lines = (_moved(line, old, base) for line in text[start:stop].split(b"\n"))
    return packed(text[:start] + b"\n".join(lines) + text[stop:])


def unpacks_to_the_same(data: bytes, other: bytes) -> bool:
    """Tell whether two packuments differ in nothing but how their texts were compressed."""
    try:
        return _without_compression(data) == _without_compression(other)
    except (StalePackument, ValueError, zlib.error):
        return False


def needed_texts(events: Iterable[Event], view: View) -> set[str]:
    """Answer the versions whose texts are needed to follow events to a view: those that were published."""
    named = {event.version or "" for event in events if event.type == "publish"}
    return named & view.versions.keys()


def unpublished(events: Iterable[Event]) -> list[str]:
    """Answer the versions that events have unpublished; their numbers are never given again."""
    return [event.version or "" for event in events if event.type == "unpublish"]


def warning(deprecated: str | None, yanked: str | None) -> str | None:
    """Answer what is told to who installs a version: npm knows deprecations alone, so a yank is told as one."""
    parts = [deprecated, f"yanked: {yanked}" if yanked else None]
    return "; ".join(part for part in parts if part) or None


def root_fields(view: View, latest: VersionText | None) -> dict[str, Any]:
    """Answer what the full form tells of the package itself: what its latest version does."""
    fields = fields_of(latest.full) if latest else {}
    owners = [{"name": owner, "email": ""} for owner in view.owners] or fields.get("maintainers", [])
    told = {name: fields[name] for name in TOLD if name in fields}
    return {**told, "maintainers": owners, **(json.loads(latest.readme) if latest else {})}


def _without_compression(data: bytes) -> tuple[bytes, dict[str, Any], list[bytes], list[bytes]]:
    """Answer what a packument says, what it tells of itself, and the members that can be taken out of it again."""
    told = json.loads(taken_apart(data).extra)
    del told["lengths"]
    for members in (told["versions"], told["times"]):
        del members["groups"][::3]
    packument = Packument.from_bytes(data)
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    text = inflater.decompress(data)
    if not inflater.eof or inflater.unused_data:
        raise StalePackument("it is not one whole member")
    return text, told, list(packument.versions), list(packument.times)


def _marked_again(key: bytes, line: bytes, state: VersionState | None) -> bytes | None:
    """Answer the line of a version with the warning that is put on it now, or None for one that is gone."""
    if state is None:
        return None
    text = _WARNING.sub(b"{", line[len(key) + 1 :], count=1)
    return key + b":" + marked(text, warning(state.deprecated, state.yanked))


def _opened(head: Mapping[str, Any], name: str) -> bytes:
    return compact_json(head)[:-1] + b"," + compact_json(name) + b":{\n"


def _member(key: str, value: str) -> bytes:
    return compact_json(key) + b":" + compact_json(value)


def _moved(line: bytes, old: str, base: str) -> bytes:
    """Answer the line of a version with the addresses that are the registry's, and not the package's, moved."""
    place = max(line.rfind(_DIST), 0)
    dist = line[place:]
    for before in _ADDRESSES:
        dist = dist.replace(before + escaped(old), before + escaped(base))
    return line[:place] + dist
