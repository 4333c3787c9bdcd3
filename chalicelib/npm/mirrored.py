"""Packuments of the upstream's packages: its own document, in both forms, with the addresses of tarballs made ours.

What the upstream says of a version stays as it is: its digests and signatures, and what clients are to know of it. Only
what could lead a client elsewhere, or that no client can make anything of, is changed or left out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from pydantic_core import from_json

from chalicelib.domain.document import compact_json
from chalicelib.domain.head import LATEST
from chalicelib.domain.names import PackageName
from chalicelib.domain.semver.versions import number_of
from chalicelib.domain.tags import InvalidTag, check_tag
from chalicelib.domain.times import moment
from chalicelib.domain.upstream import UPSTREAM
from chalicelib.npm.gzipping import inflated, taken_apart, unpacked
from chalicelib.npm.packuments import FORMS, TOLD, Packument, StalePackument
from chalicelib.npm.versions import README_CHARACTERS, Form, abbreviated, tarball_path

MAX_VERSIONS: Final = 100_000
MAX_TAGS: Final = 1000
MAX_ADDRESSES_BYTES: Final = 24 * 1024
"""Of tarballs that lie where nobody would guess, kept with the packument; those of others are asked for again."""

MAX_PROLOGUE_BYTES: Final = 512 * 1024
"""What comes before the versions: the name, and no more tags than are taken."""

_TAGS: Final = '"dist-tags":'
_SHORT: Final = ("deprecated", "hasInstallScript", "_hasShrinkwrap")


class UnusableDocument(ValueError):
    """A document of the upstream is no packument of the package."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What the upstream says of a version's tarball: where it is, and its digests."""

    tarball: str
    integrity: str | None
    shasum: str | None


@dataclass(slots=True)
class MirroredPackage:
    """A packument of the upstream, read and made sound."""

    name: PackageName
    versions: dict[str, dict[str, Any]]
    tags: dict[str, str]
    times: dict[str, str]
    told: dict[str, Any]

    @classmethod
    def parse(cls, name: PackageName, data: bytes) -> "MirroredPackage":
        """Read a document; raises UnusableDocument."""
        try:
            document = from_json(data, allow_inf_nan=False)
        except ValueError:
            raise UnusableDocument("it is not JSON") from None
        if not isinstance(document, dict):
            raise UnusableDocument("it is not a JSON object")
        if document.get("name") != name:
            raise UnusableDocument(f"it is about `{str(document.get('name'))[:214]}`, and not about `{name}`")
        versions = dict(_versions(name, _object(document, "versions")))
        return cls(
            name=name,
            versions=versions,
            tags=_tags(_object(document, "dist-tags"), versions),
            times=dict(_times(document.get("time"))),
            told=_told(document),
        )

    def rendered(self, base: str, upstream: str, facts: Mapping[str, Any]) -> dict[Form, bytes]:
        """Answer both forms as they are stored and served, for a registry at `base`; the upstream is at another."""
        addresses = dict(self._unusual(upstream))
        known = addresses if len(compact_json(addresses)) <= MAX_ADDRESSES_BYTES else None
        told = {**facts, "origin": UPSTREAM, "tarballs": known}
        return {form: self._form(form, base, told) for form in FORMS}

    def address(self, version: str) -> str | None:
        """Answer where the tarball of a version is."""
        fields = self.versions.get(version)
        return None if fields is None else str(fields["dist"]["tarball"])

    def _form(self, form: Form, base: str, facts: dict[str, Any]) -> bytes:
        packument = Packument(form, self.name, base, facts=facts, empty=not self.versions)
        packument.created = self.times.get("created")
        packument.modified = self.times.get("modified")
        for version, fields in self.versions.items():
            shown = fields if form == "full" else _short(fields)
            dist = {**fields["dist"], "tarball": base + tarball_path(self.name, version)}
            packument.versions.add(compact_json(version) + b":" + compact_json({**shown, "dist": dist}))
        for version, at in self.times.items():
            if version not in {"created", "modified"}:
                packument.times.add(compact_json(version) + b":" + compact_json(at))
        return packument.written(self.tags, self.told if form == "full" else {})

    def _unusual(self, upstream: str) -> Iterator[tuple[str, str | None]]:
        """Answer the versions whose tarballs are not where they usually are, with the paths of those that may be told.

        Whoever reads a packument can see its facts, and an address may hold what is between the upstream and us.
        """
        for version, fields in self.versions.items():
            address = str(fields["dist"]["tarball"])
            if address == usual_address(upstream, self.name, version):
                continue
            is_plain = address.startswith(f"{upstream}/") and "?" not in address
            yield version, address.removeprefix(f"{upstream}/") if is_plain else None


def usual_address(upstream: str, name: PackageName, version: str) -> str:
    """Answer where a registry has a tarball, unless it says something else."""
    return f"{upstream}/{name}/-/{PackageName(name).tarball(version)}"


def document_path(name: PackageName) -> str:
    """Answer the path of a packument below a registry's address."""
    return quote(name, safe="@")


def announced(fields: Mapping[str, Any], tarball: str) -> Announced:
    """Answer what a version's fields say of its tarball, which is at an address."""
    dist = fields.get("dist")
    told = dist if isinstance(dist, Mapping) else {}
    integrity, shasum = told.get("integrity"), told.get("shasum")
    return Announced(
        tarball,
        integrity if isinstance(integrity, str) and integrity else None,
        shasum if isinstance(shasum, str) and shasum else None,
    )


def stored_version(data: bytes, version: str) -> dict[str, Any] | None:
    """Answer the fields of a version in a stored packument, or None."""
    # Each member stands on a line of its own, and those that are objects are the versions.
    key = b"\n" + compact_json(version) + b":"
    text = unpacked(data)
    start = text.find(key + b"{")
    if start < 0:
        return None
    line = text[start + len(key) :].partition(b"\n")[0].decode()
    fields: dict[str, Any]
    fields, _ = json.JSONDecoder().raw_decode(line)
    return fields


def stored_tags(data: bytes) -> dict[str, str]:
    """Answer the tags in a stored packument, of which only the beginning is unpacked; raises StalePackument."""
    try:
        text = inflated(taken_apart(data).body, most=MAX_PROLOGUE_BYTES).decode(errors="replace")
        tags: dict[str, str]
        tags, _ = json.JSONDecoder().raw_decode(text, text.index(_TAGS) + len(_TAGS))
    except ValueError as error:
        raise StalePackument(str(error)) from error
    return tags


def tag_of(tags: Mapping[str, str], version: str) -> str | None:
    """Answer the tag that names a version, `latest` before others."""
    if tags.get(LATEST) == version:
        return LATEST
    return next((tag for tag, named in sorted(tags.items()) if named == version), None)


def _object(document: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = document.get(field, {})
    if not isinstance(value, dict):
        raise UnusableDocument(f"its `{field}` is not an object")
    return value


def _versions(name: PackageName, found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Answer the versions that are sound: those whose fields say the same name and version, and have a tarball."""
    if len(found) > MAX_VERSIONS:
        raise UnusableDocument(f"it has {len(found)} versions, and at most {MAX_VERSIONS} are taken")
    for version, fields in found.items():
        if not isinstance(fields, dict) or number_of(version) != version:
            continue
        dist = fields.get("dist")
        is_same = fields.get("name") == name and fields.get("version") == version
        if is_same and isinstance(dist, dict) and isinstance(dist.get("tarball"), str):
            yield version, fields


def _tags(found: Mapping[str, Any], versions: Mapping[str, Any]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag, version in found.items():
        if isinstance(version, str) and version in versions and _is_tag(tag) and len(tags) < MAX_TAGS:
            tags[tag] = version
    return tags


def _is_tag(text: str) -> bool:
    try:
        return bool(check_tag(text))
    except InvalidTag:
        return False


def _times(found: Any) -> Iterator[tuple[str, str]]:
    for version, at in found.items() if isinstance(found, dict) else ():
        if (
            isinstance(at, str)
            and (version in {"created", "modified"} or number_of(version) == version)
            and _is_moment(at)
        ):
            yield version, at


def _is_moment(text: str) -> bool:
    try:
        moment(text)
    except (ValueError, OverflowError):
        return False
    return True


def _told(document: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: document[name] for name in (*TOLD, "maintainers") if document.get(name) is not None}
    readme, filename = document.get("readme"), document.get("readmeFilename")
    if isinstance(readme, str) and readme:
        told["readme"] = readme[:README_CHARACTERS]
        told["readmeFilename"] = filename if isinstance(filename, str) else ""
    return told


def _short(fields: Mapping[str, Any]) -> dict[str, Any]:
    identity = {name: fields[name] for name in ("name", "version")}
    return {**identity, **abbreviated(fields), **{name: fields[name] for name in _SHORT if name in fields}}
