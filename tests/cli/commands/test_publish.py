"""`publish` and `pack`: what is sent and written, and what is said about it."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.documents import PUBLISHED
from tests.cli.fake_registry import FakeRegistry, Reply, problem
from tests.cli.packing.trees import build

POST = "POST /v1/packages/widget"


def _widget(folder: Path, prism_json: dict[str, Any] | None = None, **fields: Any) -> str:
    picture: dict[str, Any] = {
        "package.json": {"name": "widget", "version": "1.1.0", **fields},
        "index.js": "export default 1\n",
        "node_modules/x/x.js": "",
        **({"prism.json": prism_json} if prism_json else {}),
    }
    return str(build(folder, picture))


def test_publish_sends_the_packed_folder(prism: Prism, registry: FakeRegistry, tmp_path: Path) -> None:
    registry.answer(POST, Reply(PUBLISHED, 201))

    result = prism("publish", _widget(tmp_path), PRISM_TOKEN="secret")

    sent = registry.asked[0]
    assert sent.headers["content-type"] == "application/octet-stream"
    assert sent.headers["x-prism-sha256"] == hashlib.sha256(sent.body).hexdigest()
    assert sent.headers["x-prism-source"] == "cli"
    assert sent.headers["authorization"] == "Bearer secret"
    assert "x-prism-tag" not in sent.headers
    assert b"package/index.js" in gzip.decompress(sent.body)
    assert result.out == "Published widget@1.1.0\n"


def test_publish_talks_to_stderr(prism: Prism, registry: FakeRegistry, tmp_path: Path) -> None:
    registry.answer(POST, Reply(PUBLISHED, 201))

    result = prism("publish", _widget(tmp_path, main="lib/gone.js", scripts={"prepack": "make"}))

    assert result.err == text(f"""
        note: scripts are not run; build first if the package needs it (prepack)
        note: `main` is `lib/gone.js`, which the package does not hold
        uploading {len(registry.asked[0].body)} B
        note: the analyzer `sizes` failed, so the metadata lacks what it finds
    """)


def test_publishing_the_same_bytes_again_is_a_success(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.answer(POST, {**PUBLISHED, "created": False})

    result = prism("publish", _widget(tmp_path))

    assert result.status is ExitStatus.OK
    assert result.out == "widget@1.1.0 was published before, with the same content\n"


def test_publish_takes_a_tarball_as_it_is(prism: Prism, registry: FakeRegistry, tmp_path: Path) -> None:
    registry.answer("POST /v1/packages/@acme%2Fwidget", Reply(PUBLISHED, 201))
    packed = prism("pack", _widget(tmp_path / "w", name="@acme/widget"), "--output", str(tmp_path / "out"))
    tarball = Path(packed.out.strip())

    prism("publish", str(tarball), "--tag", "next")

    assert tarball.name == "acme-widget-1.1.0.tgz"
    assert registry.asked[0].body == tarball.read_bytes()
    assert registry.asked[0].headers["x-prism-tag"] == "next"


def test_publish_prints_the_registrys_answer(prism: Prism, registry: FakeRegistry, tmp_path: Path) -> None:
    registry.answer(POST, Reply('{"created":  true}', 201))

    assert prism("publish", _widget(tmp_path), "--json").out == '{"created":  true}\n'


def test_a_dry_run_lists_the_files_and_sends_nothing(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    result = prism("publish", _widget(tmp_path, author="Ada <ada@example.com>"), "--dry-run")

    assert result.out == "17 B  index.js\n70 B  package.json\n".replace("70 B", f"{_size(tmp_path)} B")
    assert result.err.startswith(f"would publish widget@1.1.0 as Ada to {registry.url}: 2 files, ")
    assert registry.asked == []


def _size(folder: Path) -> int:
    return (folder / "package.json").stat().st_size


@dataclass(frozen=True)
class Said:
    """What is said of the publisher, and where."""

    options: tuple[str, ...] = ()
    prism_json: dict[str, Any] | None = None
    name: str = ""
    email: str = ""
    author: object = None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            Said(
                options=("--publisher-name", "Flag", "--publisher-email", "f@x"),
                prism_json={"publisher": {"name": "File", "email": "file@x"}},
                name="Env",
                author="Author",
            ),
            ("Flag", "f@x"),
            id="options-first",
        ),
        pytest.param(
            Said(
                prism_json={"publisher": {"name": "File", "email": "file@x"}},
                name="Env",
                email="env@x",
                author="Author",
            ),
            ("File", "file@x"),
            id="then-prism-json",
        ),
        pytest.param(
            Said(name="Env", email="env@x", author="Author <a@x>"),
            ("Env", "env@x"),
            id="then-the-environment",
        ),
        pytest.param(Said(author="Ada L <a@x> (https://x)"), ("Ada L", "a@x"), id="then-the-author"),
        pytest.param(Said(author={"name": "Ada", "email": "a@x"}), ("Ada", "a@x"), id="author-as-an-object"),
        pytest.param(Said(), ("anonymous", None), id="then-nobody"),
        pytest.param(
            Said(options=("--publisher-email", "f@x"), author="Ada <a@x>"),
            ("Ada", "f@x"),
            id="the-address-may-be-given-alone",
        ),
        pytest.param(
            Said(
                options=("--publisher-name", "Flag"),
                prism_json={"publisher": {"name": "File", "email": "file@x"}},
                email="env@x",
            ),
            ("Flag", None),
            id="an-address-stays-with-its-name",
        ),
        pytest.param(
            Said(author="Åda 100% Ω"), ("%C3%85da 100%25 %CE%A9", None), id="encoded-for-the-header"
        ),
        pytest.param(
            Said(author="A\r\nx-evil: 1"), ("A%0D%0Ax-evil: 1", None), id="no-line-break-gets-through"
        ),
    ],
)
def test_the_publisher_is_the_first_that_has_a_name(
    prism: Prism, registry: FakeRegistry, tmp_path: Path, said: Said, expected: tuple[str, str | None]
) -> None:
    registry.answer(POST, Reply(PUBLISHED, 201))
    folder = _widget(tmp_path, said.prism_json, author=said.author)

    prism("publish", folder, *said.options, PRISM_PUBLISHER_NAME=said.name, PRISM_PUBLISHER_EMAIL=said.email)

    headers = registry.asked[0].headers
    assert (headers["x-prism-publisher-name"], headers.get("x-prism-publisher-email")) == expected


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({"index.js": ""}, "has no package.json", id="no-package-json"),
        pytest.param({"package.json": "{"}, "is not JSON", id="not-json"),
        pytest.param({"package.json": "[]"}, "does not hold a JSON object", id="not-an-object"),
        pytest.param({"package.json": {"version": "1.0.0"}}, "package.json has no `name`", id="no-name"),
        pytest.param({"package.json": {"name": "w"}}, "package.json has no `version`", id="no-version"),
        pytest.param(
            {"package.json": {"name": "w w", "version": "1.0.0"}}, "is not a package name", id="bad-name"
        ),
        pytest.param({"package.json": {"name": "w", "version": "one"}}, "`one` is not", id="bad-version"),
        pytest.param(
            {"package.json": {"name": "w", "version": "1.0.0", "private": True}},
            "`w` is private",
            id="private",
        ),
        pytest.param(
            {"package.json": {"name": "w", "version": "1.0.0", "files": "lib"}},
            "`files` in package.json is not a list",
            id="files-not-a-list",
        ),
        pytest.param(
            {"package.json": {"name": "w", "version": "1.0.0"}, "prism.json": "{"},
            "cannot be read as JSON",
            id="broken-prism-json",
        ),
    ],
)
def test_a_folder_that_is_no_package_is_not_published(
    prism: Prism, registry: FakeRegistry, tmp_path: Path, files: dict[str, Any], message: str
) -> None:
    result = prism("publish", str(build(tmp_path, files)))

    assert result.status is ExitStatus.UNUSABLE_PACKAGE
    assert result.err.startswith("error: ")
    assert message in result.err
    assert registry.asked == []


def test_a_file_that_is_no_tarball_is_not_published(prism: Prism, tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(b"not gzip")

    result = prism("publish", str(tmp_path / "x.tgz"))

    assert result.status is ExitStatus.UNUSABLE_PACKAGE
    assert "is not the tarball of a package" in result.err


def test_a_path_that_is_not_there_is_told_with_a_hint(prism: Prism) -> None:
    result = prism("publish", "nowhere")

    assert result.err == "error: there is no `nowhere`\nhint: name a package's folder or a tarball\n"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(
            problem(409, "version_exists", "`widget@1.1.0` is already published with other content"),
            (ExitStatus.CONFLICT, "raise `version` in package.json and publish again"),
            id="version-exists",
        ),
        pytest.param(
            problem(413, "payload_too_large", "the body has 9 bytes and at most 8 are taken in one request"),
            (
                ExitStatus.FAILURE,
                "leave files out with `files` in package.json; `prism pack --dry-run` lists them",
            ),
            id="too-large",
        ),
        pytest.param(
            problem(422, "invalid_tarball", "the tarball has two top folders"),
            (ExitStatus.UNUSABLE_PACKAGE, "`prism pack --dry-run` lists what goes into the tarball"),
            id="invalid-tarball",
        ),
        pytest.param(
            problem(401, "unauthorized", "a token is needed"),
            (ExitStatus.DENIED, "set PRISM_TOKEN to a token of this registry"),
            id="no-token",
        ),
        pytest.param(
            problem(500, "internal_error", "something went wrong"),
            (ExitStatus.FAILURE, "its operator finds the reason under request request-1"),
            id="internal",
        ),
    ],
)
def test_a_refusal_is_told_with_the_next_step(
    prism: Prism, registry: FakeRegistry, tmp_path: Path, reply: Reply, expected: tuple[ExitStatus, str]
) -> None:
    registry.answer(POST, reply)

    result = prism("publish", _widget(tmp_path))

    status, hint = expected
    assert result.status is status
    assert result.out == ""
    assert result.err.endswith(f"error: {reply.value['detail']}\nhint: {hint}\n")


def test_a_body_is_sent_whole_again_after_a_wait(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    busy = Reply(problem(503, "busy", "too many writers").value, 503, {"Retry-After": "2"})
    registry.answer(POST, busy, Reply(PUBLISHED, 201))

    result = prism("publish", _widget(tmp_path))

    assert result.out == "Published widget@1.1.0\n"
    assert prism.waits == [2.0]
    assert registry.asked[0].body == registry.asked[1].body


def test_pack_writes_the_tarball_and_prints_its_path(prism: Prism, tmp_path: Path) -> None:
    folder = _widget(tmp_path / "w")

    result = prism("pack", folder, "--output", str(tmp_path))

    tarball = tmp_path / "widget-1.1.0.tgz"
    assert result.out == f"{tarball}\n"
    assert result.err.startswith("widget@1.1.0: 2 files, ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w", tarball.name]


def test_pack_with_dry_run_writes_nothing(prism: Prism, tmp_path: Path) -> None:
    folder = _widget(tmp_path / "w")

    result = prism("pack", folder, "--dry-run", "--output", str(tmp_path / "out"))

    assert [line.split()[-1] for line in result.out.splitlines()] == ["index.js", "package.json"]
    assert not (tmp_path / "out").exists()


def test_pack_that_cannot_write_says_where(prism: Prism, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    result = prism("pack", _widget(tmp_path / "w"), "--output", str(tmp_path / "file"))

    assert result.status is ExitStatus.FAILURE
    assert "cannot be written" in result.err


def test_what_is_packed_is_what_package_json_names(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.answer(POST, Reply(PUBLISHED, 201))

    prism("publish", _widget(tmp_path))

    document = json.loads((tmp_path / "package.json").read_text())
    assert registry.asked[0].target.endswith(document["name"])


def test_a_private_package_can_be_packed_but_not_published(prism: Prism, tmp_path: Path) -> None:
    folder = _widget(tmp_path / "w", private=True)

    packed = prism("pack", folder, "--output", str(tmp_path))
    published = prism("publish", packed.out.strip())

    assert packed.status is ExitStatus.OK
    assert published.status is ExitStatus.UNUSABLE_PACKAGE
    assert published.err.startswith("error: `widget` is private\nhint: ")
