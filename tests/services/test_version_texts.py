"""The texts of versions: what is damaged or lost is made again, and keeps nobody from the rest of a package."""

import gzip
import json
from typing import Any

import pytest

from chalicelib.domain.errors import VersionNotFound
from chalicelib.domain.names import PackageName
from chalicelib.npm.versions import VersionText
from tests.worlds import ALICE, World, memory_world, publish

NAME = PackageName("demo")
BASE = "http://localhost:8000/npm/"
TEXT = "prism/npm/demo/versions/1.0.0.jsonl"
PACKUMENTS = ("prism/npm/demo/full.json.gz", "prism/npm/demo/abbreviated.json.gz")
DAMAGES = {
    "emptied": b"",
    "cut": b'{"name":"demo"',
    "one line": b"{}\n",
    "no JSON": b'{"name":"demo","dist":{"tarball":"\0x"\n{}\n{}\n',
    "no object": b"1\n2\n3\n",
    "no UTF-8": b'{"name":"\xff"}\n{}\n{}\n',
}


@pytest.fixture
def world() -> World:
    world = memory_world()
    publish(world.container)
    return world


def versions(world: World) -> Any:
    """Answer the versions in the packument of a registry."""
    found = world.fresh().packuments.get(NAME, "full")
    assert found is not None
    return json.loads(gzip.decompress(found.data))["versions"]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_text_that_cannot_be_read_is_made_again(world: World, damage: bytes) -> None:
    before = b"".join(world.medium.stream(TEXT))
    world.medium.put(TEXT, damage)

    shown = json.loads(world.fresh().npm_reading.version(NAME, "1.0.0", base=BASE))

    assert shown["name"] == "demo"
    assert b"".join(world.medium.stream(TEXT)) == before


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_text_keeps_no_change_and_no_reader_away(world: World, damage: bytes) -> None:
    right = versions(world)
    world.medium.put(TEXT, damage)
    for key in PACKUMENTS:
        world.medium.delete(key)

    publish(world.fresh(), "1.0.1-rc.1", tag="next")
    world.fresh().curating.deprecate(NAME, "1.0.0", "old", actor=ALICE.name)

    assert versions(world)["1.0.0"] == {"deprecated": "old"} | right["1.0.0"]
    assert list(versions(world)) == ["1.0.0", "1.0.1-rc.1"]


def test_a_text_is_not_made_of_files_that_were_removed_since_this_process_knew_them(world: World) -> None:
    warm = world.fresh()
    assert warm.artifacts.index("demo", "1.0.0") is not None
    warm.heads.get("demo")
    world.medium.delete(TEXT)
    world.medium.delete("prism/files/demo/1.0.0.pack")

    assert warm.texts.get("demo", "1.0.0") is None
    with pytest.raises(VersionNotFound):
        warm.npm_reading.version(NAME, "1.0.0", base=BASE)


def test_a_text_reads_back_as_what_was_written() -> None:
    text = VersionText(b'{"dist":{"tarball":"\0x"}}', b'{"a":1}', b"{}")

    assert VersionText.from_bytes(text.to_bytes()) == text
