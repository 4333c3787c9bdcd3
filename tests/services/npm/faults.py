"""What must be true of a package for npm's clients, whatever has gone wrong."""

import json
from typing import Any

from chalicelib.container import Container
from chalicelib.domain.errors import PackageNotFound
from chalicelib.domain.head import Head, fold
from chalicelib.domain.names import PackageName
from chalicelib.npm.gzipping import unpacked
from chalicelib.npm.packuments import FORMS, Packument, StalePackument, needed_texts
from chalicelib.npm.versions import Form
from chalicelib.storage.port import ObjectStore, StoredObject
from tests.worlds import World

NAME = PackageName("demo")


def base_of(world: World) -> str:
    """Answer the registry's address for npm's clients."""
    return f"{world.settings.registry_url}/npm/"


def document(world: World, form: Form = "full", store: ObjectStore | None = None) -> dict[str, Any] | None:
    """Answer what a new process reads, or None where there is nothing."""
    try:
        found = world.fresh(store).npm_reading.packument(NAME, form, base=base_of(world), known=None)
    except PackageNotFound:
        return None
    assert found.data is not None
    parsed: dict[str, Any] = json.loads(unpacked(found.data))
    return parsed


def state(world: World) -> dict[str, Any]:
    """Answer what does not depend on when and how often something was asked for."""
    shown = {form: document(world, form) for form in FORMS}
    return {
        form: found
        and {
            "versions": {version: fields.get("deprecated") for version, fields in found["versions"].items()},
            "tags": found["dist-tags"],
            "times": set(found["time"]),
            "maintainers": found.get("maintainers"),
        }
        for form, found in shown.items()
    }


def stored(world: World, form: Form) -> Packument | None:
    """Answer a packument as it is stored, or None."""
    container = world.fresh()
    key = container.keys.packument(NAME, form)
    if key not in world.stored():
        return None
    found = world.medium.get(key)
    assert isinstance(found, StoredObject)
    try:
        return Packument.from_bytes(found.data)
    except StalePackument as error:
        raise AssertionError("what is stored can be gone on with") from error


def assert_never_half(world: World) -> None:
    """Show that what is stored of each form is the package as it was after some event, and complete."""
    head = world.fresh().heads.get(NAME) or Head(name=NAME)
    for form in FORMS:
        packument = stored(world, form)
        if packument is None:
            continue
        assert packument.seq <= head.seq
        view = fold(event for event in world.fresh().heads.events(head) if event.seq <= packument.seq)
        lines = {json.loads(line.partition(b":{")[0]) for line in packument.versions}
        assert lines == set(view.versions)


def assert_followed(world: World) -> None:
    """Show that both forms are those of the head, and the very bytes that are made of all events at once."""
    container = world.fresh()
    head = container.heads.get(NAME)
    if head is None:
        assert stored(world, "full") is stored(world, "abbreviated") is None
        return
    for form in FORMS:
        present = world.medium.get(container.keys.packument(NAME, form))
        assert isinstance(present, StoredObject)
        assert present.data == _from_scratch(container, head, form, base_of(world))


def _from_scratch(container: Container, head: Head, form: Form, base: str) -> bytes:
    events = container.heads.events(head)
    texts = {version: container.texts.get(NAME, version) for version in needed_texts(events, head.view)}
    packument = Packument(form, NAME, base)
    packument.follow(events, head.view, {version: text for version, text in texts.items() if text})
    latest = head.view.latest if form == "full" else None
    return packument.to_bytes(head.view, texts[latest] if latest else None)


def assert_nothing_left(world: World) -> None:
    """Show that of versions that were unpublished nothing is left but what keeps their numbers."""
    container = world.fresh()
    head = container.heads.get(NAME)
    for version in head.view.unpublished if head else ():
        keys, artifact_keys = container.keys, container.artifact_keys
        gone = {
            keys.version_text(NAME, version),
            artifact_keys.tarball(NAME, version),
            artifact_keys.pack(NAME, version),
            artifact_keys.file(NAME, version, "index.js"),
        }
        assert gone.isdisjoint(world.stored())
