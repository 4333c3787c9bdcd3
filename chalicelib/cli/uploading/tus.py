"""Uploads by tus 1.0.0: made once, sent in chunks with their digests, and gone on with from where they are."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from urllib.parse import quote

from chalicelib.cli.errors import CommandFailed, RegistryRefused, Unreachable
from chalicelib.cli.problems import hint_of
from chalicelib.cli.progress import Progress
from chalicelib.cli.transport import kept_connections
from chalicelib.cli.uploading.counting import Counted
from chalicelib.cli.uploading.offers import CHUNK, TUS, Offer
from chalicelib.cli.uploading.patience import Patience

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry

SMALLEST_CHUNK: Final = 256 << 10
"""Bytes; what a registry takes at least in every request."""

_ADDRESS: Final = re.compile(r".*/v1/(uploads/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+)/?(?:[?#].*)?", re.DOTALL)
_ANOTHER_OFFSET: Final = frozenset({409, 460})
_GONE: Final = frozenset({404, 410})
_TOO_LARGE: Final = 413


class UploadGone(Exception):
    """The registry has not, or no longer, the upload that was to be gone on with."""


class Content(Protocol):
    """What is uploaded: bytes at offsets."""

    size: int

    def read_at(self, offset: int, count: int) -> bytes:
        """Answer so many bytes from an offset on, fewer only at the end."""


class Position(NamedTuple):
    """How far an upload is, and the job that publishes it once it is complete, or the code of why none does."""

    offset: int
    job: str | None = None
    problem: str | None = None


class TusUploads:
    """Uploads to one registry."""

    def __init__(self, registry: "Registry", offer: Offer, headers: Mapping[str, str] | None = None) -> None:
        self._registry = registry
        self._chunk = CHUNK
        self._offer = offer
        self._headers = {**(headers or {}), **TUS}

    def create(self, size: int, metadata: Mapping[str, str], patience: Patience) -> tuple[str, Position]:
        """Make an upload and answer its path below the registry's address, and where it begins."""
        headers = {**self._headers, "Upload-Length": str(size), "Upload-Metadata": metadata_header(metadata)}
        answer = _patiently(patience, lambda: self._registry.send("POST", "uploads", headers))
        patience.went()
        found = _ADDRESS.fullmatch(answer.headers.get("location", ""))
        if not found:
            raise CommandFailed("the registry made an upload and did not say where")
        # The address is taken below the one this registry was reached by: that one works from here.
        return found[1], _position(answer, 0)

    def find(self, upload: str, size: int, patience: Patience) -> Position:
        """Ask how far an upload is; raises UploadGone, also where it is for another number of bytes."""
        try:
            answer = _patiently(patience, lambda: self._registry.send("HEAD", upload, self._headers))
        except RegistryRefused as error:
            if error.http_status in _GONE:
                raise UploadGone from error
            raise
        position = _position(answer, None)
        if answer.headers.get("upload-length", str(size)) != str(size) or position.offset > size:
            raise UploadGone
        return position

    def fill(
        self, upload: str, content: Content, position: Position, progress: Progress, patience: Patience
    ) -> Position:
        """Send what an upload lacks, whatever happens in between; raises UploadGone, CommandFailed."""
        with kept_connections():
            return self._fill(upload, content, position, progress, patience)

    def _fill(
        self, upload: str, content: Content, position: Position, progress: Progress, patience: Patience
    ) -> Position:
        self._chunk = self._offer.chunk(content.size)
        counted = position.offset
        while position.offset < content.size:
            data = content.read_at(position.offset, self._chunk)
            if not data:
                raise CommandFailed("the file has become shorter while it was sent", hint="send it again")
            watched = Counted(progress)
            try:
                answer = self._append(upload, position.offset, data, watched)
                position = _position(answer, position.offset + len(data))
                patience.went()
            except CommandFailed as error:
                self._learn(error, patience)
                position = self.find(upload, content.size, patience)
                if position.offset > counted:
                    patience.went()
            # What was sent and not taken is to be sent again.
            progress.advance(position.offset - counted - watched.count)
            counted = position.offset
        return position

    def finish(self, upload: str, content: Content, position: Position, patience: Patience) -> str:
        """Answer the job that publishes a complete upload, asking until the registry has made it.

        Raises RegistryRefused where it will make none.
        """
        while position.job is None:
            if position.problem is not None:
                raise self._refusal(position.problem)
            position = self.find(upload, content.size, patience)
            if position.job is None and position.problem is None:
                patience.bear(Unreachable("the registry has all bytes and has not begun to publish them"))
        return position.job

    def _refusal(self, code: str) -> RegistryRefused:
        page = self._registry.get(f"problems/{quote(code, safe='')}").value
        return RegistryRefused(
            f"the registry has all bytes and does not publish them: {page['title']}",
            http_status=page["status"],
            facts={"code": code},
            hint=hint_of(code, page["status"]),
        )

    def _append(self, upload: str, offset: int, data: bytes, watched: Counted) -> "Answer":
        digest = b64encode(hashlib.sha256(data).digest()).decode()
        headers = {
            **self._headers,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {digest}",
        }
        return self._registry.send("PATCH", upload, headers, watched.body(data))

    def _learn(self, error: CommandFailed, patience: Patience) -> None:
        """Bear with a failure of a chunk, or find out what to do better; raises it where neither helps."""
        if not isinstance(error, RegistryRefused):
            patience.bear(error)
        elif error.http_status in _GONE:
            raise UploadGone from error
        elif error.http_status == _TOO_LARGE and self._chunk > SMALLEST_CHUNK:
            told = error.facts.get("chunkSize")
            smaller = told if isinstance(told, int) and 0 < told < self._chunk else self._chunk // 2
            self._chunk = max(smaller, 1)
        elif error.http_status in _ANOTHER_OFFSET:
            patience.bear(error, certainly=True)
        else:
            patience.bear(error)


def metadata_header(metadata: Mapping[str, str]) -> str:
    """Answer `Upload-Metadata`: each key with its value in base64; a key without a value stands alone."""
    return ",".join(
        f"{key} {b64encode(value.encode()).decode()}" if value else key for key, value in metadata.items()
    )


def _patiently(patience: Patience, send: "Callable[[], Answer]") -> "Answer":
    while True:
        try:
            return send()
        except CommandFailed as error:
            patience.bear(error)


def _position(answer: "Answer", expected: int | None) -> Position:
    """Read a position; raises CommandFailed for one that cannot be after what was sent."""
    told = answer.headers.get("upload-offset", "" if expected is None else str(expected))
    if not told.isdigit() or (expected is not None and int(told) != expected):
        raise CommandFailed(
            f"the registry says that it has {told or 'an unknown number of'} bytes where {expected} were sent",
            hint="run the command again; it goes on with what the registry has",
        )
    return Position(int(told), answer.headers.get("prism-job"), answer.headers.get("prism-problem"))
