"""Uploads that clients send to the medium themselves: what is wished for, in which parts, and what can go wrong."""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.errors import Conflict, InvalidPayload
from chalicelib.domain.manifest import Publisher, Source
from chalicelib.domain.names import PackageName
from chalicelib.domain.uploads.errors import UploadUnfinished

FOLDER: Final = "direct/"
"""What the ids of these uploads begin with below `incoming/`, where nobody else is to drop anything."""
LARGEST: Final = 5 << 40
"""Bytes; no object is larger."""
AT_ONCE: Final = 100 << 20
"""Up to so many bytes are sent in one request, unless the client asks for parts."""
MAX_PARTS: Final = 10_000
USUAL_PART: Final = 16 << 20
SMALLEST_PART: Final = 5 << 20
"""Of all parts but the last."""
LARGEST_PART: Final = 5 << 30

_ID: Final = re.compile("[0-9a-f]{32}")
_MIB: Final = 1 << 20
MOST_NAMED: Final = 100


class DirectUnavailable(Conflict):
    """The registry's storage has no addresses that a client could send bytes to."""

    code = "direct_unavailable"
    title = "Uploads go through the registry here"

    def __init__(self) -> None:
        super().__init__(
            "the storage behind this registry takes nothing from clients; send the tarball to "
            "`POST /v1/packages/{name}`, or in pieces to `/v1/uploads`"
        )


class BytesMissing(UploadUnfinished):
    """Not everything that an upload is to consist of has arrived."""

    def __init__(self, upload: str, missing: Sequence[int] | None = None) -> None:
        if missing:
            named = list(missing[:MOST_NAMED])
            sentence = f"{len(missing)} parts have not arrived whole, the first is {named[0]}; send them"
            Conflict.__init__(self, f"{sentence}, and complete the upload then", upload=upload, missing=named)
        else:
            sentence = "the bytes have not arrived; send them to the upload's URL, and complete it then"
            Conflict.__init__(self, sentence, upload=upload)


class UploadFinished(Conflict):
    """An upload has come to its end, so that it cannot be given up any more."""

    code = "upload_finished"
    title = "The upload is finished"

    def __init__(self, upload: str, status: str) -> None:
        super().__init__(
            f"the upload is at its end: {status}; there is nothing left to be given up",
            upload=upload,
            status=status,
        )


class Asked(NamedTuple):
    """What a client wants to publish; `part_size` where it is to come in parts of that size."""

    name: PackageName
    size: int
    sha256: str
    publisher: Publisher
    source: Source
    version: str | None = None
    tag: str | None = None
    part_size: int | None = None


class Wish(Document):
    """What a client has asked for who sends a tarball to the medium: written before the first byte, and never changed.

    The bytes are told by their `sha256`, so whoever sends them, they are those that the `publisher` meant. `owner` is
    who has asked, by their token. An upload in parts has the medium's id for it, and the size of all parts but the
    last.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    id: str
    begun_at: str
    name: str
    size: int
    sha256: str
    publisher: Publisher
    source: Source
    owner: str | None = None
    version: str | None = None
    tag: str | None = None
    multipart_id: str | None = None
    part_size: int | None = None

    @property
    def upload_id(self) -> str:
        """What the upload is called among all that are dropped into the medium."""
        return f"{FOLDER}{self.id}"

    @property
    def part_count(self) -> int:
        """How many parts it comes in; none if it is sent at once."""
        return -(-self.size // self.part_size) if self.part_size else 0

    def size_of_part(self, number: int) -> int:
        """Answer how many bytes a part has, numbered from 1."""
        assert self.part_size is not None, "it comes in parts"
        return min(self.part_size, self.size - (number - 1) * self.part_size)


def wish_id(upload_id: str) -> str | None:
    """Answer the id of the wish that an upload stands for, or None for an upload of any other kind."""
    found = upload_id.removeprefix(FOLDER)
    return found if found != upload_id and is_wish_id(found) else None


def is_wish_id(text: str) -> bool:
    """Tell whether a text can be the id of a wish."""
    return _ID.fullmatch(text) is not None


def is_direct(upload_id: str) -> bool:
    """Tell whether an upload lies where only those lie that somebody has wished for."""
    return upload_id.startswith(FOLDER)


def size_of_parts(size: int, wanted: int | None = None) -> int | None:
    """Answer the size of the parts of an object, equal but for the last, or None if it is sent at once.

    Raises InvalidPayload for a wanted size that no medium takes, or of which there would be too many.
    """
    least = -(-size // MAX_PARTS)
    if wanted is None:
        return None if size <= AT_ONCE else max(USUAL_PART, -(-least // _MIB) * _MIB)
    smallest = max(SMALLEST_PART, least)
    if not smallest <= wanted <= LARGEST_PART:
        raise InvalidPayload(
            f"`partSize` is {wanted}, and for an upload of {size} bytes it is to be from {smallest} to {LARGEST_PART}"
        )
    return wanted if wanted < size else None
