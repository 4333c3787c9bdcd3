"""The checksums that come with the bytes of a request: before them or after, as tus or RFC 9530 write them."""

import re
from collections.abc import Mapping
from typing import Final

from chalicelib.api.requests import Request
from chalicelib.api.uploads.refusals import InvalidUploadHeader
from chalicelib.domain.uploads.checksums import Checksum

HEADER: Final = "Upload-Checksum"
DIGEST_HEADER: Final = "Content-Digest"
DIGESTS: Final = {"sha-256": "sha256", "sha-512": "sha512"}
"""The algorithms of RFC 9530 that are not outdated, and what tus calls them."""

_MEMBER: Final = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]{0,31})=:([A-Za-z0-9+/=]{0,256}):[ \t]*", re.ASCII)


def checksums_of(request: Request) -> list[Checksum]:
    """Answer what a request says of its bytes; raises InvalidUploadHeader and UnsupportedChecksum."""
    told = [part.get(HEADER.lower()) for part in (request.headers, request.trailers or {})]
    return [*(Checksum.parse(text) for text in told if text is not None), *_digests(request.headers)]


def checksum_of(request: Request) -> Checksum | None:
    """Answer what the bytes of a request are to have, or None where nothing is said.

    Of several all but the first are checked at once. Raises InvalidUploadHeader, UnsupportedChecksum and
    ChecksumMismatch.
    """
    told = checksums_of(request)
    for checksum in told[1:]:
        checksum.check(request.body)
    return told[0] if told else None


def _digests(headers: Mapping[str, str]) -> list[Checksum]:
    """Answer the digests of a Content-Digest header; those of other algorithms say nothing here."""
    text = headers.get(DIGEST_HEADER.lower())
    if text is None:
        return []
    members = [_MEMBER.fullmatch(part) for part in text.split(",")]
    if not all(members):
        raise InvalidUploadHeader(DIGEST_HEADER, "is not a list of digests such as `sha-256=:…:`")
    told = {found[1]: found[2] for found in members if found}
    return [Checksum.parse(f"{name} {told[known]}") for known, name in DIGESTS.items() if known in told]
