"""What the metadata of an upload says: a file's name and type, or the package that it is to become."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Self

from chalicelib.domain.manifest import Source
from chalicelib.domain.names import PackageName
from chalicelib.domain.tags import check_tag
from chalicelib.domain.uploads.errors import InvalidUpload

MOST_BYTES: Final = 8 << 10
"""Of all keys and values together."""
SOURCES: Final[tuple[Source, ...]] = ("cli", "api", "web")

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_KEY: Final = re.compile(r"[!-+\--~]{1,200}")


class Wanted(NamedTuple):
    """The package that an upload is to become, the tag it is to have, what its bytes have to be, and who sends it."""

    package: PackageName
    tag: str | None = None
    sha256: str | None = None
    source: Source = "api"

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> Self | None:
        """Answer what metadata asks for, or None for a file; raises InvalidName, InvalidTag and InvalidUpload."""
        name = metadata.get("package")
        if name is None:
            return None
        tag = metadata.get("tag") or None
        return cls(
            PackageName.parse(name),
            check_tag(tag) if tag else None,
            digest_in(metadata),
            _source_in(metadata),
        )


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raise InvalidUpload unless metadata can be kept and told again."""
    size = sum(len(key) + len(value.encode("utf-8", "surrogatepass")) for key, value in metadata.items())
    if size > MOST_BYTES:
        raise InvalidUpload(
            f"the metadata has {size} bytes and at most {MOST_BYTES} are kept", limit=MOST_BYTES
        )
    for key in metadata:
        if not _KEY.fullmatch(key):
            raise InvalidUpload(
                f"`{key[:40]}` cannot be a key of metadata; use ASCII without spaces and commas"
            )
    digest_in(metadata)


def digest_in(metadata: Mapping[str, str]) -> str | None:
    """Answer the SHA-256 that metadata declares, in lower-case hex, or None; raises InvalidUpload."""
    declared = metadata.get("sha256")
    if declared is None:
        return None
    if not _SHA256.fullmatch(declared):
        raise InvalidUpload(f"`{declared[:80]}` is no SHA-256; declare 64 hex digits")
    return declared.lower()


def _source_in(metadata: Mapping[str, str]) -> Source:
    told = metadata.get("source") or "api"
    for source in SOURCES:
        if source == told:
            return source
    raise InvalidUpload(f"`{told[:40]}` is no source of a package; it is one of {', '.join(SOURCES)}")


def filename_of(metadata: Mapping[str, str]) -> str | None:
    """Answer the name of the file, or None."""
    return metadata.get("filename") or metadata.get("name") or None


def media_type_of(metadata: Mapping[str, str]) -> str | None:
    """Answer the media type that the sender gave the file, or None."""
    return metadata.get("filetype") or metadata.get("type") or None
