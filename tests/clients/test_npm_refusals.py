"""What npm prints when the registry refuses: words that a person can act on."""

import json
from pathlib import Path

from tests.builders import content_bytes, gzipped, package_json, raw_entry, raw_tar
from tests.clients.npm import Npm
from tests.clients.registries import Registry
from tests.clients.tree import package_folder
from tests.clients.wire import send


def test_who_has_no_token_is_told_to_log_in(guarded: Registry, tmp_path: Path) -> None:
    stranger = Npm(tmp_path / "stranger", guarded.url)
    folder = package_folder(tmp_path / "package", package_json("unheard-of", main="index.js"))

    stranger.publish(folder).badly("ENEEDAUTH", "npm adduser")
    stranger.run("whoami", cwd=tmp_path).badly("ENEEDAUTH")


def test_a_token_that_is_none_is_told_so(guarded: Registry, tmp_path: Path) -> None:
    forger = Npm(tmp_path / "forger", guarded.url, "prism_000000000000_" + "A" * 43)
    folder = package_folder(tmp_path / "package", package_json("unheard-of", main="index.js"))

    forger.publish(folder).badly("E401", "token")
    forger.run("whoami", cwd=tmp_path).badly("E401")


def test_a_version_that_exists_is_refused_with_other_bytes(
    npm: Npm, guarded: Registry, tmp_path: Path
) -> None:
    described = package_json("immovable", main="index.js")
    npm.publish(package_folder(tmp_path / "first", described)).well()
    other = package_folder(tmp_path / "other", described | {"description": "Other bytes"})

    by_itself = npm.publish(other)
    by_force = npm.run("publish", "--force", cwd=other)

    by_itself.badly("You cannot publish over the previously published versions: 1.0.0")
    by_force.badly("E409", "immovable", "1.0.0")


def test_a_package_that_a_token_has_no_right_to_is_refused(guarded: Registry, tmp_path: Path) -> None:
    token = guarded.token("of-acme", "read", "publish", packages=("@acme/*",))
    npm = Npm(tmp_path / "home", guarded.url, token)

    npm.publish(package_folder(tmp_path / "own", package_json("@acme/ours", main="index.js"))).well()
    refused = npm.publish(package_folder(tmp_path / "other", package_json("@other/theirs", main="index.js")))

    refused.badly("E403", "@other/theirs")
    status, _ = send("GET", f"{guarded.url}@other%2ftheirs", token=guarded.admin)
    assert status == 404


def test_who_may_only_read_is_told_so(guarded: Registry, tmp_path: Path) -> None:
    npm = Npm(tmp_path / "home", guarded.url, guarded.token("reader", "read"))

    refused = npm.publish(package_folder(tmp_path / "package", package_json("not-mine", main="index.js")))

    refused.badly("E403", "publish")


def test_a_tarball_that_is_refused_says_why(npm: Npm, guarded: Registry, tmp_path: Path) -> None:
    described = content_bytes(package_json("@acme/climber", main="index.js"))
    entries = (
        raw_entry("package/package.json", described),
        raw_entry("package/index.js", b"module.exports = 1\n"),
        raw_entry("package/passwords", typeflag="2", link="/etc/passwd"),
    )
    (tmp_path / "climber.tgz").write_bytes(gzipped(raw_tar(*entries)))

    refused = npm.run("publish", "./climber.tgz", "--access", "public", cwd=tmp_path)

    refused.badly("E422", "package/passwords")
    status, _ = send("GET", f"{guarded.url}@acme%2fclimber", token=guarded.admin)
    assert status == 404


def test_provenance_that_proves_something_else_is_refused(
    npm: Npm, guarded: Registry, tmp_path: Path
) -> None:
    folder = package_folder(tmp_path / "package", package_json("@acme/unproven", main="index.js"))
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps({"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2"}))

    refused = npm.run("publish", "--access", "public", "--provenance-file", str(bundle), cwd=folder)

    assert refused.status != 0, refused.text
    status, _ = send("GET", f"{guarded.url}@acme%2funproven", token=guarded.admin)
    assert status == 404
