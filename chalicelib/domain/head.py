"""A package's head: its events, and the view they fold into.

The head is the only object of a package that is ever replaced, and replacing it is the moment a change becomes
visible. Events are numbered from 1 and their times strictly increase; the view is the fold of all of them, so the
package as of any moment is the fold of a prefix. A head that grew too long keeps its oldest events in immutable
segments that it names.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal, Self
from uuid import uuid4

from pydantic import Field

from chalicelib.domain.document import Document, elements, fragment, fragments, members
from chalicelib.domain.semver.versions import is_prerelease, version_key
from chalicelib.domain.times import later_than
from chalicelib.domain.upstream import UPSTREAM

LATEST = "latest"
SPILL_BYTES = 128 * 1024
SPILL_EVENTS = 256
KEPT_EVENTS = 32

FRAGMENT: Final = "fragment"

EventType = Literal["publish", "tag", "untag", "deprecate", "yank", "unyank", "unpublish", "own", "mirror"]


class Entry(Document):
    """A part of a head that is rendered once, since every change of the head writes all of them again."""

    def to_fragment(self, depth: int) -> bytes:
        """Answer its canonical JSON so many levels deep in the head, which is always the same for one kind of entry."""
        made: bytes | None = self.__dict__.get(FRAGMENT)
        if made is None:
            made = self.__dict__[FRAGMENT] = fragment(self.to_json_value(), depth)
        return made

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Answer a copy, which is rendered anew."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop(FRAGMENT, None)
        return copy


class Change(Entry):
    """What an event says happened, before it has a number and a time.

    `tags` are those that a publish moves; `message` is a deprecation's text, empty to undo; `reason` a yank's.
    """

    type: EventType
    version: str | None = None
    integrity: str | None = None
    engines: dict[str, str] | None = None
    tags: list[str] | None = None
    tag: str | None = None
    message: str | None = None
    reason: str | None = None
    owners: list[str] | None = None


class Event(Change):
    """A change that happened: `at` is the server's clock, strictly increasing within a head; `id` is its own."""

    id: str
    seq: int
    at: str
    actor: str


class VersionState(Entry):
    """What the view holds of one version; `at` is when it was published."""

    at: str
    deprecated: str | None = None
    yanked: str | None = None
    engines: dict[str, str] | None = None


class View(Document):
    """A package at one moment; `unpublished` maps numbers that are gone for ever to when they went.

    `origin` says whose the package is: the upstream's, or with None one's own.
    """

    versions: dict[str, VersionState] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    unpublished: dict[str, str] = Field(default_factory=dict)
    owners: list[str] = Field(default_factory=list)
    origin: Literal["upstream"] | None = None

    @property
    def latest(self) -> str | None:
        """The version that `latest` names."""
        return self.tags.get(LATEST)

    @cached_property
    def ascending(self) -> list[str]:
        """The versions in semver order."""
        return sorted(self.versions, key=version_key)

    def changed(self, **fields: Any) -> "View":
        """Answer the view with other fields."""
        copy = self.model_copy(update=fields)
        copy.__dict__.pop("ascending", None)  # a copy takes cached values along
        return copy

    def previous_of(self, version: str) -> str | None:
        """Answer the version to compare a version with: the highest lower one, stable before prerelease."""
        wanted = version_key(version)
        lower = [known for known in self.ascending if version_key(known) < wanted]
        stable = [known for known in lower if not is_prerelease(known)]
        if stable and not is_prerelease(version):
            return stable[-1]
        return lower[-1] if lower else None


class SegmentRef(Document):
    """Names the immutable segment that holds the events `first` to `last`."""

    first: int
    last: int


class Segment(Document):
    """Events that a head has put aside."""

    name: str
    events: list[Event]


class Head(Document):
    """The head of a package; `seq` is the number of its newest event."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    name: str
    seq: int = 0
    segments: list[SegmentRef] = Field(default_factory=list)
    events: list[Event] = Field(default_factory=list)
    view: View = Field(default_factory=View)

    def to_bytes(self) -> bytes:
        """Answer the canonical bytes of the head; entries that were rendered before are not rendered again."""
        states = {version: state.to_fragment(3) for version, state in self.view.versions.items()}
        view = fragments(self.view.changed(versions={}).to_json_value(), 2) | {"versions": members(states, 2)}
        events = elements((event.to_fragment(2) for event in self.events), 1)
        rest = self.model_copy(update={"events": [], "view": View()}).to_json_value()
        return members(fragments(rest, 1) | {"events": events, "view": members(view, 1)}, 0) + b"\n"

    @property
    def modified(self) -> str | None:
        """When the newest event happened."""
        return self.events[-1].at if self.events else None

    @property
    def is_mirrored(self) -> bool:
        """Whether the package is the upstream's."""
        return self.view.origin == UPSTREAM

    @property
    def is_owned(self) -> bool:
        """Whether anything was ever published here under the name that is not the upstream's."""
        return self.seq > 0 and not self.is_mirrored


def append(head: Head, change: Change, *, actor: str, now: datetime) -> Head:
    """Answer the head after one more event."""
    facts: dict[str, Any] = change.model_dump(exclude_none=True)
    event = Event(id=uuid4().hex, seq=head.seq + 1, at=later_than(head.modified, now), actor=actor, **facts)
    return head.model_copy(
        update={"seq": event.seq, "events": [*head.events, event], "view": apply(head.view, event)}
    )


def fold(events: Iterable[Event]) -> View:
    """Answer the view that events make."""
    view = View()
    for event in events:
        view = apply(view, event)
    return view


def as_of(name: str, events: Iterable[Event], moment: str) -> Head:
    """Answer the head of a package as it was at a moment, from all of its events."""
    before = [event for event in events if event.at <= moment]
    return Head(name=name, seq=len(before), events=before, view=fold(before))


def apply(view: View, event: Event) -> View:
    """Answer the view after an event."""
    return _APPLY[event.type](view, event)


def spill(head: Head, size: int) -> tuple[Head, Segment | None]:
    """Put a long head's oldest events aside: answers the shorter head and the segment it now names.

    `size` is the head's stored size in bytes. The segment is a function of the head alone, so that writers who race
    from the same head write the same segment.
    """
    if size <= SPILL_BYTES or len(head.events) < SPILL_EVENTS:
        return head, None
    aside, kept = head.events[:-KEPT_EVENTS], head.events[-KEPT_EVENTS:]
    ref = SegmentRef(first=aside[0].seq, last=aside[-1].seq)
    shorter = head.model_copy(update={"segments": [*head.segments, ref], "events": kept})
    return shorter, Segment(name=head.name, events=aside)


def publish_tags(view: View, version: str, requested: str | None) -> list[str]:
    """Answer the tags that publishing a version moves.

    The one the publisher asked for; `latest` too if nothing has it yet. Without a wish, `latest` moves to the
    version if that is the highest stable one.
    """
    tags = {requested} if requested else set()
    if view.latest is None or (requested is None and _is_highest_stable(view, version)):
        tags.add(LATEST)
    return sorted(tags)


def mirrored_tags(view: View, version: str, requested: str | None) -> list[str]:
    """Answer the tags that mirroring a version moves: the one the upstream has for it, and `latest` if nothing has it.

    Which version is the latest is for the upstream to say, and not for the order in which versions come.
    """
    tags = {requested} if requested else set()
    return sorted(tags | ({LATEST} if view.latest is None else set()))


def _is_highest_stable(view: View, version: str) -> bool:
    if is_prerelease(version):
        return False
    rivals = (
        known for known, state in view.versions.items() if not is_prerelease(known) and not state.yanked
    )
    return all(version_key(known) <= version_key(version) for known in rivals)


def _publish(view: View, event: Event) -> View:
    version = _named(event.version)
    state = VersionState(at=event.at, engines=event.engines)
    tags = view.tags | dict.fromkeys(event.tags or (), version)
    return view.changed(versions=view.versions | {version: state}, tags=tags)


def _tag(view: View, event: Event) -> View:
    return view.changed(tags=view.tags | {_named(event.tag): _named(event.version)})


def _untag(view: View, event: Event) -> View:
    return view.changed(tags={tag: to for tag, to in view.tags.items() if tag != event.tag})


def _mark(view: View, event: Event, **marks: str | None) -> View:
    version = _named(event.version)
    state = view.versions[version].model_copy(update=marks)
    return view.changed(versions=view.versions | {version: state})


def _unpublish(view: View, event: Event) -> View:
    gone = _named(event.version)
    return view.changed(
        versions={version: state for version, state in view.versions.items() if version != gone},
        tags={tag: to for tag, to in view.tags.items() if to != gone},
        unpublished=view.unpublished | {gone: event.at},
    )


def _named(value: str | None) -> str:
    if value is None:
        raise ValueError("the event does not name what it changes")
    return value


_APPLY: dict[str, Callable[[View, Event], View]] = {
    "publish": _publish,
    "tag": _tag,
    "untag": _untag,
    "deprecate": lambda view, event: _mark(view, event, deprecated=event.message or None),
    "yank": lambda view, event: _mark(view, event, yanked=event.reason or "yanked"),
    "unyank": lambda view, event: _mark(view, event, yanked=None),
    "unpublish": _unpublish,
    "mirror": lambda view, _: view.changed(origin=UPSTREAM),
    "own": lambda view, event: view.changed(owners=event.owners or []),
}
