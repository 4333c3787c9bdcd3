"""What `npm publish` and its kin send: one document with a version's manifest and its tarball in base64."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from chalicelib.domain.errors import InvalidPayload, InvalidTarball, NameMismatch
from chalicelib.domain.names import PackageName
from chalicelib.domain.semver.versions import number_of
from chalicelib.domain.tags import check_tag

TARBALL: Final = ".tgz"
BUNDLE: Final = ".sigstore"


class IntegrityMismatch(InvalidTarball):
    """The tarball in the document is not the one that its manifest tells of."""

    code = "integrity_mismatch"
    title = "The tarball is not the one that was announced"

    def __init__(self, algorithm: str, declared: str, actual: str) -> None:
        super().__init__(
            f"the manifest tells of a tarball with the {algorithm} digest {declared}, and the one that came has "
            f"{actual}; publish again",
            algorithm=algorithm,
            declared=declared,
            actual=actual,
        )


class Publication(NamedTuple):
    """A version to be published: the tarball, and the tag and the Sigstore bundle that go with it, if any."""

    name: PackageName
    version: str
    tarball: bytes
    tag: str | None
    bundle: bytes | None


def publishes(document: Mapping[str, Any]) -> bool:
    """Tell whether a document brings a tarball, and does not only change what is published."""
    return bool(document.get("_attachments"))


def read_publication(name: PackageName, document: Mapping[str, Any]) -> Publication:
    """Answer what a document wants to be published under a name.

    Raises InvalidPayload, InvalidTag, NameMismatch and IntegrityMismatch.
    """
    declared = document.get("name")
    if not isinstance(declared, str) or PackageName.parse(declared) != name:
        raise NameMismatch(name, str(declared)[:214])
    version, manifest = _only(document, "versions", "one version")
    if not isinstance(manifest, Mapping):
        raise InvalidPayload(f"`versions[{version[:60]!r}]` is not an object")
    tarball = _tarball(_attachment(document, TARBALL))
    if tarball is None:
        raise InvalidPayload(f"`_attachments` has no tarball; its name ends with `{TARBALL}`")
    _check_dist(manifest.get("dist"), tarball)
    return Publication(name, _number(version), tarball, _tag(document, version), _bundle(document))


def _only(document: Mapping[str, Any], field: str, what: str) -> tuple[str, Any]:
    values = document.get(field)
    if not isinstance(values, Mapping) or len(values) != 1:
        raise InvalidPayload(f"`{field}` does not have exactly {what}")
    return next(iter(values.items()))


def _number(version: str) -> str:
    number = number_of(version)
    if number is None:
        raise InvalidPayload(f"`versions` names `{version[:100]}`, which is not a version")
    return number


def _tag(document: Mapping[str, Any], version: str) -> str | None:
    """Answer the one tag that is to be moved; those that are not sent stay."""
    tags = document.get("dist-tags")
    if not tags:
        return None
    tag, wanted = _only(document, "dist-tags", "one tag")
    if wanted != version:
        raise InvalidPayload(
            f"the tag `{tag[:100]}` is for {str(wanted)[:100]}, which is not what is published"
        )
    return check_tag(tag)


def _attachment(document: Mapping[str, Any], suffix: str) -> Mapping[str, Any] | None:
    """Answer the attachment whose name ends with a suffix: some clients write the scope into the name, others not."""
    attachments = document.get("_attachments")
    if not isinstance(attachments, Mapping):
        raise InvalidPayload("`_attachments` is not an object")
    found = [value for name, value in attachments.items() if name.endswith(suffix)]
    if len(found) > 1:
        raise InvalidPayload(
            f"`_attachments` has {len(found)} files that end with `{suffix}`, and one is taken"
        )
    if found and not isinstance(found[0], Mapping):
        raise InvalidPayload(f"the attachment that ends with `{suffix}` is not an object")
    return found[0] if found else None


def _tarball(attachment: Mapping[str, Any] | None) -> bytes | None:
    if attachment is None:
        return None
    data, length = attachment.get("data"), attachment.get("length")
    if not isinstance(data, str):
        raise InvalidPayload("the tarball's `data` is not a text in base64")
    try:
        tarball = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidPayload("the tarball's `data` is not base64") from None
    if length is not None and length != len(tarball):
        raise InvalidPayload(f"the tarball's `length` says {length} bytes, and there are {len(tarball)}")
    return tarball


def _check_dist(dist: Any, tarball: bytes) -> None:
    """Hold the tarball to the digests that were announced, as far as they are of an algorithm that is used here."""
    if not isinstance(dist, Mapping):
        return
    shasum = dist.get("shasum")
    if isinstance(shasum, str):
        actual = hashlib.sha1(tarball, usedforsecurity=False).hexdigest()
        if shasum.lower() != actual:
            raise IntegrityMismatch("SHA-1", shasum[:100], actual)
    integrity = dist.get("integrity")
    if isinstance(integrity, str):
        _check_integrity(integrity, tarball)


def _check_integrity(integrity: str, tarball: bytes) -> None:
    actual = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    declared = [part.partition("?")[0] for part in integrity.split() if part.startswith("sha512-")]
    if declared and actual not in declared:
        raise IntegrityMismatch("SHA-512", declared[0][:200], actual)


def _bundle(document: Mapping[str, Any]) -> bytes | None:
    attachment = _attachment(document, BUNDLE)
    if attachment is None:
        return None
    data = attachment.get("data")
    if not isinstance(data, str):
        raise InvalidPayload("the `data` of the provenance bundle is not a text")
    return data.encode()
