"""Packages as their events tell them, for tests of what npm's clients read: no storage, and a plain rendering."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chalicelib.domain.head import Change, Event, Head, append
from chalicelib.domain.manifest import Claim, Dist, Manifest, Publisher, Runtimes, Summary
from chalicelib.npm.gzipping import unpacked
from chalicelib.npm.packuments import FORMS, Packument, needed_texts
from chalicelib.npm.versions import Facts, Form, VersionText, version_text

BASE: Final = "https://registry.example/npm/"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def manifest(name: str, version: str, publisher: str = "Alice") -> Manifest:
    """Answer the manifest of a version of one small tarball."""
    return Manifest(
        name=name,
        version=version,
        integrity="sha512-AA==",
        dist=Dist(
            integrity="sha512-AA==",
            shasum="00" * 20,
            sha256="00" * 32,
            sha512="00" * 64,
            size=100,
            unpacked_size=200,
            file_count=2,
        ),
        files=["package.json"],
        runtimes=Runtimes(node=True, deno=True, bun=True, workers=True),
        score=0,
        metadata=Summary(),
        claim=Claim(publisher=Publisher(name=publisher), source="npm", published_at="2026-01-01T00:00:00Z"),
    )


def text_of(
    package_json: Mapping[str, Any],
    *,
    files: Sequence[str] = (),
    readme: tuple[str, bytes] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> VersionText:
    """Answer the text of a version that has a package.json."""
    told = Facts(manifest(package_json["name"], package_json["version"]), **(facts or {}))
    return version_text(package_json, told, frozenset({"package.json", *files}), readme)


@dataclass
class History:
    """A package, the texts of its versions, and a time that goes on by a second an event."""

    name: str = "demo"
    head: Head = field(init=False)
    texts: dict[str, VersionText] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.head = Head(name=self.name)

    def publish(
        self,
        version: str,
        fields: Mapping[str, Any] | None = None,
        *,
        tags: Sequence[str] = ("latest",),
        readme: tuple[str, bytes] | None = None,
    ) -> None:
        """Publish a version whose package.json has more fields."""
        package_json = {**(fields or {}), "name": self.name, "version": version}
        self.texts[version] = text_of(package_json, readme=readme)
        self.add(Change(type="publish", version=version, integrity="sha512-AA==", tags=list(tags)))

    def add(self, change: Change) -> None:
        """Let something happen."""
        now = START + timedelta(seconds=self.head.seq)
        self.head = append(self.head, change, actor="Alice", now=now)

    def events(self, after: int = 0) -> list[Event]:
        """Answer what has happened since an event."""
        return [event for event in self.head.events if event.seq > after]

    def follow(self, packument: Packument) -> bytes:
        """Let a packument go on to the present, and answer its bytes; nothing but what is needed is given to it."""
        events = self.events(packument.seq)
        wanted = needed_texts(events, self.head.view)
        packument.follow(events, self.head.view, {version: self.texts[version] for version in wanted})
        latest = self.head.view.latest if packument.form == "full" else None
        return packument.to_bytes(self.head.view, self.texts[latest] if latest else None)

    def rendered(self, form: Form, base: str = BASE) -> bytes:
        """Answer the bytes of the packument, made at once."""
        return self.follow(Packument(form, self.name, base))


@dataclass
class Renderings:
    """Both packuments of a history, as they are stored: gone on with from their bytes alone."""

    history: History
    base: str = BASE
    stored: dict[Form, bytes] = field(default_factory=dict)

    def follow(self) -> None:
        """Go on to the present."""
        for form in FORMS:
            data = self.stored.get(form)
            name = self.history.name
            packument = Packument(form, name, self.base) if data is None else Packument.from_bytes(data)
            self.stored[form] = self.history.follow(packument)


def document(data: bytes) -> dict[str, Any]:
    """Answer what a client reads in a packument; a key that stands twice is an error."""
    parsed: dict[str, Any] = json.loads(unpacked(data), object_pairs_hook=_once)
    return parsed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({key for key, _ in pairs}) == len(pairs), "a key stands once"
    return dict(pairs)


def plain_document(history: History, form: Form, base: str = BASE) -> dict[str, Any]:
    """Answer the packument of a history as one would make it who parses and renders it all."""
    view, events = history.head.view, history.head.events
    versions = {
        version: _version(history.texts[version], form, base) | _warning(state.deprecated, state.yanked)
        for version, state in view.versions.items()
    }
    published = {event.version: event.at for event in events if event.type == "publish"}
    times = {"created": events[0].at, "modified": events[-1].at, **published}
    told = {"name": history.name, "dist-tags": view.tags, "versions": versions, "time": times}
    if form == "abbreviated":
        return told | {"modified": events[-1].at}
    latest = versions[view.tags["latest"]] if "latest" in view.tags else {}
    readme = json.loads(history.texts[view.tags["latest"]].readme) if latest else {}
    shown = ("description", "homepage", "keywords", "repository", "author", "contributors", "bugs", "license")
    owners = [{"name": owner, "email": ""} for owner in view.owners]
    return {
        **{name: latest[name] for name in shown if name in latest},
        **readme,
        **told,
        "_id": history.name,
        "_rev": str(history.head.seq),
        "maintainers": owners or latest.get("maintainers", []),
    }


def _version(text: VersionText, form: Form, base: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(text.form(form).replace(b"\0", json.dumps(base)[1:-1].encode()))
    return fields


def _warning(deprecated: str | None, yanked: str | None) -> dict[str, str]:
    if deprecated and yanked:
        return {"deprecated": f"{deprecated}; yanked: {yanked}"}
    if yanked:
        return {"deprecated": f"yanked: {yanked}"}
    return {"deprecated": deprecated} if deprecated else {}
