"""What `npm publish` sends is read as it is meant, and what nobody means is refused."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidPayload, NameMismatch, PrismError
from chalicelib.domain.names import PackageName
from chalicelib.domain.tags import InvalidTag
from chalicelib.npm.publications import IntegrityMismatch, publishes, read_publication

TARBALL: Final = b"a tarball, as far as this is concerned"
NAME: Final = PackageName.parse("@acme/demo")
SHA1: Final = hashlib.sha1(TARBALL, usedforsecurity=False).hexdigest()
SHA512: Final = "sha512-" + base64.b64encode(hashlib.sha512(TARBALL).digest()).decode()


def attachment(data: bytes = TARBALL, **fields: Any) -> dict[str, Any]:
    """Answer an attachment as npm sends it."""
    return {
        "content_type": "application/octet-stream",
        "data": base64.b64encode(data).decode(),
        "length": len(data),
        **fields,
    }


def sent(**fields: Any) -> dict[str, Any]:
    """Answer the document that npm sends, with other fields."""
    return {
        "_id": NAME,
        "name": NAME,
        "description": "demo",
        "dist-tags": {"latest": "1.0.0"},
        "versions": {
            "1.0.0": {"name": NAME, "version": "1.0.0", "dist": {"integrity": SHA512, "shasum": SHA1}}
        },
        "access": None,
        "_attachments": {"@acme/demo-1.0.0.tgz": attachment()},
        **fields,
    }


def with_dist(**dist: Any) -> dict[str, Any]:
    """Answer a document whose manifest tells of a tarball."""
    return sent(versions={"1.0.0": {"dist": dist}})


ACCEPTED: Final[Mapping[str, dict[str, Any]]] = {
    "as npm sends it": sent(),
    "an attachment without the scope": sent(_attachments={"demo-1.0.0.tgz": attachment()}),
    "an attachment by any name": sent(_attachments={"x.tgz": attachment()}),
    "no length": sent(_attachments={"x.tgz": {"data": base64.b64encode(TARBALL).decode()}}),
    "no dist": sent(versions={"1.0.0": {}}),
    "a digest in capitals": with_dist(shasum=SHA1.upper()),
    "several digests": with_dist(integrity=f"sha1-AA== sha512-AA== {SHA512}?foo sha384-x"),
    "an unknown algorithm": with_dist(integrity="sha3-AA=="),
    "digests of no kind": with_dist(integrity=["x"], shasum=7),
    "a name in its address form": sent(name="@acme/demo"),
}
REFUSED: Final[Mapping[str, tuple[dict[str, Any], type[PrismError]]]] = {
    "another name": (sent(name="@acme/other"), NameMismatch),
    "no name": ({key: value for key, value in sent().items() if key != "name"}, NameMismatch),
    "a name of no kind": (sent(name=["@acme/demo"]), NameMismatch),
    "no version": (sent(versions={}), InvalidPayload),
    "several versions": (sent(versions={"1.0.0": {}, "1.0.1": {}}), InvalidPayload),
    "versions of no kind": (sent(versions=["1.0.0"]), InvalidPayload),
    "a manifest of no kind": (sent(versions={"1.0.0": "x"}), InvalidPayload),
    "what is no version": (sent(versions={"__proto__": {}}, **{"dist-tags": {}}), InvalidPayload),
    "a version outside": (sent(versions={"../1.0.0": {}}, **{"dist-tags": {}}), InvalidPayload),
    "an endless version": (sent(versions={"1" * 10_000: {}}, **{"dist-tags": {}}), InvalidPayload),
    "several tags": (sent(**{"dist-tags": {"latest": "1.0.0", "next": "1.0.0"}}), InvalidPayload),
    "a tag for another version": (sent(**{"dist-tags": {"latest": "0.9.0"}}), InvalidPayload),
    "a tag for no version": (sent(**{"dist-tags": {"latest": None}}), InvalidPayload),
    "a tag that is a range": (sent(**{"dist-tags": {"^1": "1.0.0"}}), InvalidTag),
    "a tag with a slash": (sent(**{"dist-tags": {"a/b": "1.0.0"}}), InvalidTag),
    "tags of no kind": (sent(**{"dist-tags": ["latest"]}), InvalidPayload),
    "several tarballs": (
        sent(_attachments={"demo-1.0.0.tgz": attachment(), "@acme/demo-1.0.0.tgz": attachment()}),
        InvalidPayload,
    ),
    "no tarball": (sent(_attachments={"demo.sigstore": attachment()}), InvalidPayload),
    "attachments of no kind": (sent(_attachments=["demo-1.0.0.tgz"]), InvalidPayload),
    "an attachment of no kind": (sent(_attachments={"demo-1.0.0.tgz": "x"}), InvalidPayload),
    "no data": (sent(_attachments={"demo-1.0.0.tgz": {"length": 3}}), InvalidPayload),
    "data of no kind": (sent(_attachments={"x.tgz": attachment() | {"data": [1, 2]}}), InvalidPayload),
    "a stub": (sent(_attachments={"x.tgz": {"stub": True, "length": 38}}), InvalidPayload),
    "data that is not base64": (
        sent(_attachments={"x.tgz": attachment(data=TARBALL) | {"data": "a-b_"}}),
        InvalidPayload,
    ),
    "data with a line break": (
        sent(_attachments={"x.tgz": attachment() | {"data": "YWJj\nYWJj"}}),
        InvalidPayload,
    ),
    "data cut off": (sent(_attachments={"x.tgz": attachment() | {"data": "YWJ"}}), InvalidPayload),
    "data in other letters": (sent(_attachments={"x.tgz": attachment() | {"data": "ÜWJj"}}), InvalidPayload),
    "a wrong length": (sent(_attachments={"x.tgz": attachment(length=1)}), InvalidPayload),
    "a length that is a text": (
        sent(_attachments={"x.tgz": attachment(length=str(len(TARBALL)))}),
        InvalidPayload,
    ),
    "a wrong SHA-1": (with_dist(shasum="00" * 20), IntegrityMismatch),
    "a wrong SHA-512": (with_dist(integrity="sha512-AA=="), IntegrityMismatch),
    "a right SHA-1 and a wrong SHA-512": (with_dist(shasum=SHA1, integrity="sha512-AA=="), IntegrityMismatch),
    "a bundle of no kind": (
        sent(_attachments={"x.tgz": attachment(), "x.sigstore": {"data": {"a": 1}}}),
        InvalidPayload,
    ),
}


@pytest.mark.parametrize("document", ACCEPTED.values(), ids=ACCEPTED)
def test_what_clients_send_is_read(document: dict[str, Any]) -> None:
    publication = read_publication(NAME, document)

    assert publishes(document)
    assert publication == (NAME, "1.0.0", TARBALL, "latest", None)


@pytest.mark.parametrize(("document", "error"), REFUSED.values(), ids=REFUSED)
def test_what_nobody_means_is_refused(document: dict[str, Any], error: type[PrismError]) -> None:
    with pytest.raises(error) as caught:
        read_publication(NAME, json.loads(json.dumps(document)))

    assert len(caught.value.detail) < 600


@pytest.mark.parametrize("tags", [{}, None])
def test_without_a_tag_none_is_asked_for(tags: object) -> None:
    assert read_publication(NAME, sent(**{"dist-tags": tags})).tag is None


def test_a_version_is_cleaned_and_its_tag_compared_as_sent() -> None:
    document = sent(versions={"v1.0.0": {}}, **{"dist-tags": {"next": "v1.0.0"}})

    assert read_publication(NAME, document)[1:4] == ("1.0.0", TARBALL, "next")


def test_a_provenance_bundle_comes_along() -> None:
    bundle = {"content_type": "application/vnd.dev.sigstore.bundle+json", "data": '{"a": "ü"}', "length": 11}

    document = sent(_attachments={"x.tgz": attachment(), "x.sigstore": bundle})

    assert read_publication(NAME, document).bundle == '{"a": "ü"}'.encode()


@pytest.mark.parametrize("attachments", [None, {}, [], ""])
def test_a_document_without_attachments_publishes_nothing(attachments: object) -> None:
    assert not publishes({"_attachments": attachments})
    assert not publishes({})


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(sent())), JSON, max_size=4))
def test_whatever_is_sent_is_read_or_refused_in_our_words(fields: dict[str, Any]) -> None:
    try:
        publication = read_publication(NAME, sent(**fields))
    except PrismError:
        return

    assert publication.tarball == TARBALL
