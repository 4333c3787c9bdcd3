"""Downloads of uploaded files: where a file is to be had, or its bytes.

Nothing that a stranger has uploaded is ever shown as a page of the registry: every file is an attachment, of the type
its sender gave it, sandboxed.
"""

from typing import Final

from chalicelib.api.answers import NO_STORE, Answer, redirect, stream_answer
from chalicelib.api.requests import Request
from chalicelib.api.send.visitors import visitor_of
from chalicelib.api.stored import Stored, stored_answer
from chalicelib.container import container
from chalicelib.domain.buckets.errors import PrefetchRefused
from chalicelib.domain.media_types import BINARY, SANDBOX, is_media_type
from chalicelib.domain.uploads.errors import NoSuchUpload
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.buckets import found_in
from chalicelib.services.buckets.values import Found
from chalicelib.services.uploading import is_owner
from chalicelib.storage.disposition import content_disposition

OF_ONE: Final = "private, max-age=3600"
"""The bytes of an upload never change, and are nobody's but the reader's."""

GUESSES: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
"""Headers by which browsers say that nobody has asked for what they ask for."""


def uploaded_file(request: Request, fid: Fid) -> Answer:
    """Answer a complete upload: to its owner as often as they like, or of a file in a bucket to whoever may see that.

    Raises as `download_answer` does, NoSuchUpload, UploadEnded, UploadUnfinished, PasswordRequired and PasswordWrong.
    """
    state, buckets = container().uploading.find(fid).state, container().buckets
    if is_owner(state.info, request.caller):
        return download_answer(request, found_in(state))
    if state.info.bucket_sha256 is None:
        raise NoSuchUpload(str(fid))
    bucket = buckets.enter(fid.sid, visitor_of(request, fid.sid))
    return download_answer(request, found_in(state, bucket.downloads))


def download_answer(request: Request, found: Found) -> Answer:
    """Answer a file: a redirect to the medium where that has addresses, else its bytes, or the range asked for.

    What counts is sent whole or not at all. Raises DownloadsSpent, DownloadRunning, PrefetchRefused and
    RangeNotSatisfiable.
    """
    if found.limit is not None:
        return _counted(request, found)
    downloading = container().downloading
    stored = Stored(
        size=found.size,
        etag=found.etag,
        content_type=_type(found),
        url=lambda: downloading.url(found),
        read=lambda start, stop: downloading.read(found, start, stop),
        headers=_headers(found),
    )
    return stored_answer(request, stored, cache=OF_ONE)


def _counted(request: Request, found: Found) -> Answer:
    """Answer a file that may be downloaded only so often; HEAD counts nothing, and a range is answered whole."""
    downloading, is_head = container().downloading, request.method == "HEAD"
    if is_head:
        downloading.check(found)
    elif _is_guess(request):
        raise PrefetchRefused
    elif url := downloading.url(found):
        return redirect(url)
    # Without an ETag nobody has it already, and whoever asks for it gets all of it.
    return stream_answer(
        iter(()) if is_head else downloading.read_once(found),
        length=found.size,
        content_type=_type(found),
        cache=NO_STORE,
        headers={**_headers(found), "Accept-Ranges": "none"},
    )


def _headers(found: Found) -> dict[str, str]:
    return {
        "Content-Disposition": content_disposition(found.name),
        "Content-Security-Policy": SANDBOX,
        "Referrer-Policy": "no-referrer",
    }


def _type(found: Found) -> str:
    return found.type if is_media_type(found.type) else BINARY


def _is_guess(request: Request) -> bool:
    said = " ".join(request.headers.get(name, "") for name in GUESSES).lower()
    return any(word in said for word in ("prefetch", "prerender", "preview"))
