"""What npm's own extractor makes of every shape, and that Prism reads the same or refuses by name."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.tarball import read_tarball
from chalicelib.domain.tarball.refusals import Refusal
from tests.builders import package_json, tarball
from tests.domain.tarball.shapes import ACCEPTED, REFUSED, SHAPES, Shape
from tests.oracles.driver import ask

LIMITS = {"ratio_exceeded", "too_many_files", "unpacked_size_exceeded"}
DOCUMENTATION = Path(__file__).parents[3] / "docs" / "concepts" / "tarballs.md"


def by_name(shapes: tuple[Shape, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.name) for shape in shapes])


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What npm extracts from every shape, asked for at once."""
    root = tmp_path_factory.mktemp("extracted")
    cases = []
    for number, shape in enumerate(SHAPES):
        path = root / f"{number}.tgz"
        path.write_bytes(shape.data)
        cases.append({"tarball": str(path), "folder": str(root / str(number))})
    return dict(zip((shape.name for shape in SHAPES), ask("extract", cases), strict=True))


@by_name(SHAPES)
def test_npm_extracts_what_is_recorded(shape: Shape, extracted: dict[str, Any]) -> None:
    answer = extracted[shape.name]

    assert answer.get("error", set(answer.get("files", ()))) == shape.npm


@by_name(ACCEPTED)
def test_prism_reads_the_bytes_that_npm_extracts(shape: Shape, extracted: dict[str, Any]) -> None:
    files = extracted[shape.name]["files"]

    read = read_tarball([shape.data], io.BytesIO())

    assert {path: file.sha256 for path, file in read.files.items()} == {
        path: found["sha256"] for path, found in files.items()
    }
    assert {path for path, file in read.files.items() if file.executable} == {
        path for path, found in files.items() if found["mode"] & 0o100
    }


@by_name(REFUSED)
def test_a_dangerous_shape_is_refused_by_its_code(shape: Shape) -> None:
    with pytest.raises(InvalidTarball) as refusal:
        read_tarball([shape.data], io.BytesIO())

    assert refusal.value.code == shape.code
    assert "{" not in refusal.value.detail.replace(str(refusal.value.facts.get("reason", "")), "")


@by_name(SHAPES)
def test_the_outcome_does_not_depend_on_how_the_bytes_are_cut(shape: Shape) -> None:
    def outcome(size: int) -> object:
        chunks = [shape.data[start : start + size] for start in range(0, len(shape.data), size)]
        try:
            return read_tarball(chunks, io.BytesIO())
        except InvalidTarball as refusal:
            return refusal.code, refusal.facts

    assert outcome(1) == outcome(7) == outcome(len(shape.data) or 1)


def test_npm_renames_gitignore_and_prism_keeps_what_was_packed(tmp_path: Path) -> None:
    data = tarball({"package.json": package_json(), ".gitignore": "dist\n"})
    (tmp_path / "a.tgz").write_bytes(data)

    (answer,) = ask("extract", [{"tarball": str(tmp_path / "a.tgz"), "folder": str(tmp_path / "a")}])

    assert set(answer["files"]) == {"package.json", ".npmignore"}
    assert set(read_tarball([data], io.BytesIO()).files) == {"package.json", ".gitignore"}


def test_every_refusal_has_its_own_code_and_a_shape() -> None:
    codes = [refusal.code for refusal in Refusal.__subclasses__()]

    assert len(codes) == len(set(codes))
    assert set(codes) == {shape.code for shape in REFUSED} | LIMITS


def test_every_refusal_is_documented() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")

    assert [refusal.code for refusal in Refusal.__subclasses__() if f"| `{refusal.code}` |" not in text] == []


def test_an_accepted_file_has_the_digest_of_its_bytes() -> None:
    read = read_tarball([tarball({"package.json": package_json(), "a.js": "1"})], io.BytesIO())

    assert read.files["a.js"].sha256 == hashlib.sha256(b"1").hexdigest()
