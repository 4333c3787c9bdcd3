"""The routes of uploads: tus 1.0.0, and the IETF's draft for who names its interop version.

An upload is two levels of the path: its bucket, and its own id in there.
"""

from collections.abc import Callable, Iterable
from typing import Final

from chalicelib.api.downloads import uploaded_file
from chalicelib.api.errors import MethodNotAllowed, UnsupportedMediaType, UnsupportedTusVersion
from chalicelib.api.routing import Answer, Request, Routes
from chalicelib.api.sharing import DRAFT, TUS, UPLOADS
from chalicelib.api.uploads import draft, metadata, tus
from chalicelib.api.uploads.checksums import DIGEST_HEADER
from chalicelib.api.uploads.checksums import HEADER as CHECKSUM
from chalicelib.api.uploads.headers import CONCAT, DEFER_LENGTH, LENGTH, METHOD_OVERRIDE, OFFSET
from chalicelib.api.uploads.refusals import InconsistentLength, InvalidUploadHeader
from chalicelib.api.uploads.telling import METHODS
from chalicelib.container import container
from chalicelib.domain.buckets.errors import (
    DownloadRunning,
    DownloadsSpent,
    PasswordRequired,
    PasswordWrong,
)
from chalicelib.domain.errors import InvalidName
from chalicelib.domain.tags import InvalidTag
from chalicelib.domain.uploads.errors import (
    AppendTooSmall,
    ChecksumMismatch,
    InvalidConcatenation,
    InvalidUpload,
    NoSuchUpload,
    TooManyBytes,
    TooManyUploads,
    UnsupportedChecksum,
    UploadComplete,
    UploadEnded,
    UploadOffsetConflict,
    UploadUnfinished,
)
from chalicelib.domain.uploads.ids import Fid

routes = Routes(tag="uploads")

FILE: Final = f"{UPLOADS}/{{sid}}/{{file}}"
SPOKEN: Final = {
    TUS: "The version of tus that is spoken: `1.0.0`.",
    DRAFT: "The interop version of the IETF's draft that is spoken instead: `8`.",
}
OF_BYTES: Final = {
    CHECKSUM: "An algorithm, a space and the digest of the bytes in base64; it may come after chunked bytes.",
    DIGEST_HEADER: "The digest of the request's bytes (RFC 9530).",
    draft.COMPLETE: "By the draft: `?1` with the last bytes, `?0` before.",
}
CHANGED: Final = (
    InvalidUploadHeader,
    UnsupportedTusVersion,
    UnsupportedMediaType,
    InvalidUpload,
    InconsistentLength,
    UnsupportedChecksum,
    ChecksumMismatch,
    AppendTooSmall,
    TooManyBytes,
)
FOUND: Final = (NoSuchUpload, UploadEnded)


def _packages(request: Request) -> Iterable[str]:
    """Answer the package that an upload is to become, if any."""
    name = metadata.decode(request.headers.get(metadata.HEADER.lower())).get("package")
    return () if name is None else (name,)


@routes.options(UPLOADS, summary="What uploads may be", answers={204: None})
@routes.options(FILE, summary="What uploads may be", answers={204: None})
def capabilities(request: Request) -> Answer:
    """Tell the versions of tus, its extensions and the limits of uploads, and browsers what pages may send."""
    return tus.capabilities(request)


@routes.post(
    UPLOADS,
    summary="Begin an upload",
    headers={
        **SPOKEN,
        LENGTH: "How many bytes there are to come.",
        DEFER_LENGTH: "`1` where that is told later.",
        metadata.HEADER: (
            "Keys with their values in base64: `filename`, `filetype`; of a package, `package`, `tag`, `sha256`."
        ),
        CONCAT: "`partial`, or `final;` and the addresses of the partial uploads that it is made of.",
        **OF_BYTES,
    },
    answers={201: None},
    gives=(),
    raises=(*CHANGED, InvalidName, InvalidTag, InvalidConcatenation, *FOUND, TooManyUploads),
    packages=_packages,
)
def create(request: Request) -> Answer:
    """Begin an upload, whose address is answered; the first bytes may come with it."""
    if draft.speaks(request):
        return draft.in_its_words(draft.create, request)
    tus.check_version(request)
    return tus.create(request)


@routes.patch(
    FILE,
    summary="Add to an upload",
    headers={
        **SPOKEN,
        OFFSET: "Where the bytes belong.",
        LENGTH: "The length, if it was left open.",
        **OF_BYTES,
    },
    answers={204: None},
    raises=(*CHANGED, *FOUND, UploadOffsetConflict, UploadComplete),
)
def append(request: Request) -> Answer:
    """Add bytes to an upload where it ends; with the last ones a package is published, by the job that is told."""
    if draft.speaks(request):
        return draft.in_its_words(lambda asked: draft.append(asked, _fid(asked)), request)
    tus.check_version(request)
    return tus.append(request, _fid(request))


@routes.head(
    FILE,
    summary="How far an upload is",
    headers=SPOKEN,
    answers={200: None, 204: None},
    gives=(),
    raises=(UnsupportedTusVersion, InvalidUploadHeader, *FOUND),
)
def head(request: Request) -> Answer:
    """Tell how far an upload is, how long it is to be, and what is known of it."""
    if draft.speaks(request):
        return draft.head(request, container().uploading.find(_fid(request), request.caller))
    tus.check_version(request)
    return tus.head(request, container().uploading.find(_fid(request), request.caller))


@routes.delete(
    FILE,
    summary="End an upload",
    headers=SPOKEN,
    answers={204: None},
    raises=(UnsupportedTusVersion, *FOUND),
)
def terminate(request: Request) -> Answer:
    """End an upload, finished or not, and remove its bytes; from then on it is gone."""
    if not draft.speaks(request):
        tus.check_version(request)
    return tus.terminate(request, _fid(request))


@routes.get(
    FILE,
    summary="The bytes of an upload",
    gives=("*/*",),
    answers={200: None, 206: None, 302: None},
    raises=(*FOUND, UploadUnfinished, PasswordRequired, PasswordWrong, DownloadsSpent, DownloadRunning),
)
def download(request: Request) -> Answer:
    """Answer the bytes of a finished upload: to its owner, or of a file in a bucket to whoever may see that."""
    return uploaded_file(request, _fid(request))


OVERRIDES: Final[dict[str, Callable[[Request], Answer]]] = {
    "PATCH": append,
    "DELETE": terminate,
    "HEAD": head,
}


@routes.post(
    FILE,
    summary="PATCH, DELETE or HEAD, from who cannot send them",
    headers={METHOD_OVERRIDE: "`PATCH`, `DELETE` or `HEAD`: what the request is taken for.", **SPOKEN},
    answers={204: None, 200: None},
    gives=(),
    raises=(*CHANGED, *FOUND, UploadOffsetConflict, UploadComplete, MethodNotAllowed),
)
def instead(request: Request) -> Answer:
    """Take a request for one of the method that its header names."""
    method = request.headers.get(METHOD_OVERRIDE.lower(), "").strip().upper()
    if method not in OVERRIDES:
        raise MethodNotAllowed("POST", request.path, set(METHODS) - {"POST"})
    return OVERRIDES[method](request._replace(method=method))


def _fid(request: Request) -> Fid:
    return Fid.of(request.params["sid"], request.params["file"])
