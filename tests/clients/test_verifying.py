"""npm's own code verifies what a real server tells of a package, and notices whatever was altered on its medium."""

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.builders import package_json, tarball
from tests.clients.npm import Npm
from tests.clients.tree import package_folder
from tests.clients.wire import publish_document, send
from tests.oracles.driver import ask
from tests.servers import serving
from tests.sigstore import SLSA, Json, Sigstore, statement

NAME: Final = "@acme/widget"
ADMIN: Final = "the-operators-own-token"
DESCRIBED: Final = package_json(NAME, "1.0.0", main="index.js", license="MIT")
DATA: Final = tarball({"package.json": DESCRIBED, "index.js": "module.exports = 1\n"})
SHA512: Final = hashlib.sha512(DATA).hexdigest()
WRONG: Final = {
    "another package": {"name": "@acme/gadget"},
    "another version": {"version": "1.0.1"},
    "another tarball": {"sha512": "0" * 128},
}


@contextmanager
def registry(root: Path) -> Iterator[str]:
    """Serve what a folder holds, to everybody, by a process with nothing in its memory."""
    with serving(root, PRISM_ACCESS="open", PRISM_ADMIN_TOKEN=ADMIN) as server:
        yield f"{server.url}/npm/"


def verdict(url: str) -> Any:
    """Answer what npm finds that installs the package and checks its signature."""
    _, told = send("GET", f"{url}-/npm/v1/keys")
    [answer] = ask("signatures", [{"registry": url, "spec": f"{NAME}@1.0.0", "keys": told["keys"]}])
    return answer


def attested(url: str, root: Json) -> Any:
    """Answer what npm finds that checks the attestations of the package, trusting a root."""
    [answer] = ask("attested", [{"registry": url, "spec": f"{NAME}@1.0.0", "root": root}])
    return answer


def trust(url: str, sigstore: Sigstore) -> None:
    """Let the registry trust a Sigstore."""
    status, answer = send("PUT", url.replace("/npm/", "/v1/trust"), sigstore.root(), token=ADMIN)
    assert status == 200, answer


def bundle_of(sigstore: Sigstore, name: str = NAME, version: str = "1.0.0", sha512: str = SHA512) -> Json:
    """Have a Sigstore attest a tarball."""
    return sigstore.bundle(statement(name, version, sha512))


def the_file(root: Path, pattern: str) -> Path:
    """Answer the one file of a registry's folder that fits a pattern."""
    [found] = root.rglob(pattern)
    return found


def everything(root: Path) -> dict[str, bytes]:
    """Answer all there is in a registry's folder."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answer the folder of a registry to which npm has published."""
    rooms = tmp_path_factory.mktemp("untouched")
    root = rooms / "storage"
    with registry(root) as url:
        folder = package_folder(rooms / "package", DESCRIBED)
        npm = Npm(rooms / "home", url)
        _, made = send("PUT", f"{url}-/user/org.couchdb.user:alice", {"name": "alice", "password": "secret"})
        npm.log_in_with(made["token"])
        npm.publish(folder).well()
        assert [set(signature) for signature in verdict(url)["signatures"]] == [{"keyid", "sig"}]
    return root


@pytest.fixture
def published(untouched: Path, tmp_path: Path) -> Path:
    """Answer a copy of such a folder."""
    return shutil.copytree(untouched, tmp_path / "storage")


def test_npm_refuses_a_tarball_with_a_flipped_byte(published: Path) -> None:
    path = the_file(published, "*.tgz")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    with registry(published) as url:
        assert verdict(url) == {"error": "EINTEGRITY"}


def test_npm_refuses_a_signature_with_a_flipped_byte(published: Path) -> None:
    path = the_file(published, "1.0.0.jsonl")
    before, between, after = path.read_bytes().partition(b'"sig":"')
    # Behind what tells the signature's form and lengths.
    at = 20
    path.write_bytes(
        before + between + after[:at] + (b"B" if after[at : at + 1] != b"B" else b"C") + after[at + 1 :]
    )
    for packument in published.rglob("*.json.gz"):
        packument.unlink()

    with registry(published) as url:
        assert verdict(url) == {"error": "EINTEGRITYSIGNATURE"}


def test_a_packument_with_a_flipped_byte_is_made_again(published: Path) -> None:
    for path in published.rglob("*.json.gz"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))

    with registry(published) as url:
        assert len(verdict(url)["signatures"]) == 1


def test_npm_verifies_what_it_was_published_with_by_npm(tmp_path: Path) -> None:
    sigstore = Sigstore()
    case = {
        "token": ADMIN,
        "manifest": DESCRIBED,
        "tarball": base64.b64encode(DATA).decode(),
        "bundle": bundle_of(sigstore),
        "root": sigstore.root(),
    }
    with registry(tmp_path / "storage") as url:
        trust(url, sigstore)

        [answer] = ask("attesting", [case | {"registry": url}])

        assert answer == {"published": True}
        told = {
            "url": f"{url}-/npm/v1/attestations/@acme%2Fwidget@1.0.0",
            "provenance": {"predicateType": SLSA},
        }
        _, packument = send("GET", url + quote(NAME, safe="@"))
        _, version = send("GET", f"{url}{quote(NAME, safe='@')}/1.0.0")
        assert packument["versions"]["1.0.0"]["dist"]["attestations"] == told
        assert version["dist"]["attestations"] == told
        assert attested(url, sigstore.root()) == {"attestations": told}
        assert attested(url, Sigstore().root()) == {"error": "EATTESTATIONVERIFY"}
        assert len(verdict(url)["signatures"]) == 1
    assert not any("sigstore" in name for name in everything(tmp_path / "storage"))


def test_npm_refuses_an_attestation_with_another_subject_than_it_was_published_for(tmp_path: Path) -> None:
    sigstore = Sigstore()
    with registry(tmp_path / "storage") as url:
        trust(url, sigstore)
        assert put(url, bundle_of(sigstore))[0] == 201
    path = the_file(tmp_path / "storage", "attestations/@acme/widget/1.0.0.json")
    kept = json.loads(path.read_bytes())
    path.write_text(json.dumps(kept | {"bundle": bundle_of(sigstore, "@acme/gadget")}))

    with registry(tmp_path / "storage") as url:
        assert attested(url, sigstore.root()) == {"error": "EATTESTATIONSUBJECT"}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_attestation_of_something_else_is_refused_and_leaves_nothing(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    sigstore, root = Sigstore(), tmp_path / "storage"
    with registry(root) as url:
        trust(url, sigstore)
        before = everything(root)

        status, answer = put(url, bundle_of(sigstore, **wrong))

        assert (status, answer["code"]) == (422, "attestation_subject_mismatch")
        assert everything(root) == before
        assert send("GET", url + quote(NAME, safe="@"))[0] == 404


def test_an_attestation_by_a_stranger_is_refused_and_the_version_stays_free(tmp_path: Path) -> None:
    sigstore, root = Sigstore(), tmp_path / "storage"
    with registry(root) as url:
        trust(url, sigstore)
        before = everything(root)

        status, answer = put(url, bundle_of(Sigstore()))
        assert (status, answer["code"]) == (422, "attestation_not_logged")
        assert everything(root) == before

        assert put(url, bundle_of(sigstore))[0] == 201


def put(url: str, bundle: Json) -> tuple[int, Any]:
    """Publish with an attestation as npm sends it."""
    document = publish_document(DESCRIBED, DATA, registry=url)
    text = json.dumps(bundle)
    document["_attachments"][f"{NAME}-1.0.0.sigstore"] = {
        "content_type": bundle["mediaType"],
        "data": text,
        "length": len(text),
    }
    return send("PUT", url + quote(NAME, safe="@"), document)
