"""What tests of rebuilding share: a registry with something of everything, its objects, and ways to harm them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.analyzers import load_analyzers
from chalicelib.analyzers.base import Analyzer, Found, Subject
from chalicelib.container import Container
from chalicelib.domain.names import PackageName
from chalicelib.domain.rebuilding import RebuildPortion
from chalicelib.storage.port import NOT_MODIFIED, ObjectInfo, ObjectStore
from chalicelib.storage.testing.wrappers import CountingStore
from tests.builders import Content
from tests.worlds import World, publish

WRITES = {"put", "put_stream", "copy", "delete"}
DEMO = PackageName("demo")
LIBRARY: dict[str, Content] = {
    "index.js": "export * from './lib/a.js'\n",
    "index.d.ts": "export declare const a: number\n",
    "lib/a.js": "export const a = 1\n" * 50,
    "bin/run.sh": "#!/bin/sh\nexec node index.js\n",
    "logo.png": bytes(range(256)) * 8,
    "LICENSE": "MIT License\n\nPermission is hereby granted\n",
    "README.md": "# A library\n",
}
FACTS: dict[str, Any] = {
    "description": "Does things",
    "keywords": ["things"],
    "license": "MIT",
    "types": "index.d.ts",
    "exports": {".": {"types": "./index.d.ts", "import": "./index.js"}, "./a": "./lib/a.js"},
    "dependencies": {"left-pad": "^1.3.0"},
}


def filled(made: World) -> World:
    """Publish several versions of a library, a prerelease, and a scoped package."""
    changed = {**LIBRARY, "lib/a.js": "export const a = 2\n", "lib/b.js": "export const b = 1\n"}
    publish(made.container, "1.0.0", files=LIBRARY, **FACTS)
    publish(made.container, "1.1.0", files=changed, **FACTS)
    publish(made.container, "2.0.0-rc.1", files=changed, tag="next", **FACTS)
    publish(made.container, "0.1.0", name="@acme/widget")
    return made


@dataclass
class Objects:
    """Everything that lies on the media of a registry."""

    media: list[ObjectStore]

    @classmethod
    def of(cls, made: World) -> "Objects":
        artifacts = made.container.artifact_store
        inner = artifacts.inner if isinstance(artifacts, CountingStore) else artifacts
        return cls([made.medium] if inner is made.medium else [made.medium, inner])

    def read(self) -> dict[str, bytes]:
        """Answer the bytes of every object by its key."""
        return {key: bytes_of(medium, key) for medium in self.media for key in keys_in(medium)}

    def remove(self, keys: set[str]) -> None:
        """Remove objects from wherever they lie."""
        for medium in self.media:
            for key in keys & set(keys_in(medium)):
                medium.delete(key)


def keys_in(medium: ObjectStore) -> list[str]:
    return [info.key for info in medium.list("") if isinstance(info, ObjectInfo)]


def bytes_of(medium: ObjectStore, key: str) -> bytes:
    found = medium.get(key)
    assert found is not NOT_MODIFIED
    return found.data


def derived(made: World, keys: set[str]) -> set[str]:
    """Answer those keys that are neither a tarball, a manifest, a head or a signing key, nor a record of a job."""
    box = made.container
    given = {
        key
        for name, version in versions(made)
        for key in (box.keys.manifest(name, version), box.artifact_keys.tarball(name, version))
    }
    kept = (box.keys.heads, box.keys.jobs, box.keys.signing_keys)
    return {key for key in keys - given if not key.startswith(kept)}


def versions(made: World) -> list[tuple[str, str]]:
    """Answer every version there is."""
    box = made.fresh()
    heads = [box.heads.get(entry.name) for entry in box.index.all()]
    return [(head.name, version) for head in heads if head for version in head.view.versions]


def superseded(made: World, keys: set[str]) -> set[str]:
    """Answer the entries of the index's tail that later ones have replaced; nobody reads what they say."""
    prefix = made.container.keys.index_tail
    tail = sorted(key for key in keys if key.startswith(prefix))
    last = {key.rpartition("/")[0]: key for key in tail}
    return set(tail) - set(last.values())


def rebuild(box: Container, *, check: bool = False, seconds: float = 60) -> list[RebuildPortion]:
    """Rebuild to the end."""
    portions = [box.rebuilding.portion(check=check, seconds=seconds)]
    while (cursor := portions[-1].next) is not None:
        portions.append(box.rebuilding.portion(check=check, after=cursor, seconds=seconds))
    return portions


def findings(portions: list[RebuildPortion]) -> dict[str, str]:
    """Answer the outcome of everything that was told, by its key."""
    return {finding.key: finding.outcome for portion in portions for finding in portion.findings}


def outcomes(portions: list[RebuildPortion]) -> Counter[str]:
    """Answer how often each outcome was found."""
    found: Counter[str] = Counter()
    for portion in portions:
        for counts in portion.counts.values():
            found.update(counts)
    return found


def harm(made: World, key: str, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of an object behind everybody's back."""
    made.medium.put(key, change(bytes_of(made.medium, key)))


def flip(word: bytes) -> Callable[[bytes], bytes]:
    """Answer a change of one byte at the beginning of a word, after which JSON still is JSON."""

    def flipped(data: bytes) -> bytes:
        assert word in data
        return data.replace(word, bytes([word[0] ^ 1]) + word[1:], 1)

    return flipped


def flip_at(position: int) -> Callable[[bytes], bytes]:
    """Answer a change of the byte at a position."""

    def flipped(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[position] ^= 1
        return bytes(changed)

    return flipped


def cut(data: bytes) -> bytes:
    """Answer the first half."""
    return data[: len(data) // 2]


def descriptions(process: Container) -> set[str | None]:
    """Answer how a process describes the library, by its metadata and by the index."""
    listed = [entry.description for entry in process.index.all() if entry.name == DEMO]
    return {process.browsing.version_page(DEMO, "1.1.0").metadata.description, *listed}


@dataclass
class Changed:
    """An analyzer of a later version that finds something else; without a value it fails."""

    name: str
    value: Any
    version: str = "99"
    requires: tuple[str, ...] = ()

    @property
    def essential(self) -> bool:
        """Whether a publish fails when it fails."""
        return self.name == "exports"

    def analyze(self, subject: Subject) -> Found:
        """Find what was said beforehand."""
        if self.value is None:
            raise ValueError("this version cannot read it")
        return Found("other", self.value)


def with_analyzer(made: World, changed: Changed) -> Container:
    """Answer a process in which one analyzer has been replaced."""
    process = made.fresh()
    present: list[Analyzer] = [
        changed if analyzer.name == changed.name else analyzer for analyzer in load_analyzers()
    ]
    vars(process)["workshop"] = replace(process.workshop, analyzers=lambda: present)
    return process
