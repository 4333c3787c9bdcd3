"""Resumable uploads as the IETF drafts them (draft-ietf-httpbis-resumable-upload), for who names an interop version.

A gateway sends no interim answers, so an upload begins with what a careful client sends: a request that says it is not
complete, whose answer tells the address. What may be sent at once is told in Upload-Limit. An upload is complete when
its sender says so, or when all the bytes it was to have are there.
"""

from collections.abc import Callable
from email.message import Message
from email.utils import collapse_rfc2231_value
from http import HTTPStatus
from typing import Final

from chalicelib.api.answers import Answer, no_content
from chalicelib.api.errors import UnsupportedMediaType
from chalicelib.api.problems import problem
from chalicelib.api.requests import Request
from chalicelib.api.sharing import DRAFT, DRAFT_VERSIONS
from chalicelib.api.uploads import metadata
from chalicelib.api.uploads.beginning import begin
from chalicelib.api.uploads.checksums import checksum_of
from chalicelib.api.uploads.headers import LENGTH, OFFSET, number_of, offset_of
from chalicelib.api.uploads.refusals import InconsistentLength, InvalidUploadHeader
from chalicelib.api.uploads.telling import address_of, limits, told
from chalicelib.container import container
from chalicelib.domain.errors import PrismError
from chalicelib.domain.uploads.errors import OtherLength, UploadComplete, UploadOffsetConflict
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.uploading import NewUpload, Upload

COMPLETE: Final = "Upload-Complete"
PART: Final = "application/partial-upload"
"""The content type of what is appended; the oldest version that is understood does not ask for it."""
UNTYPED_VERSION: Final = "5"

REGISTERED: Final = "https://iana.org/assignments/http-problem-types#"
PROBLEMS: Final[dict[type[PrismError], str]] = {
    UploadOffsetConflict: "mismatching-upload-offset",
    UploadComplete: "inconsistent-upload-length",
    InconsistentLength: "inconsistent-upload-length",
    OtherLength: "inconsistent-upload-length",
}
"""What the draft calls its failures; all others are ours."""


def speaks(request: Request) -> bool:
    """Tell whether a request is in a version of the draft that is understood."""
    return request.headers.get(DRAFT.lower()) in DRAFT_VERSIONS


def in_its_words(handler: Callable[[Request], Answer], request: Request) -> Answer:
    """Answer as a handler does, with those failures in the draft's words that it has words for."""
    try:
        return handler(request)
    except tuple(PROBLEMS) as error:
        return _problem(error, request)


def create(request: Request) -> Answer:
    """Begin an upload, with all of its bytes, some or none."""
    is_complete = completeness_of(request)
    if is_complete is None:
        raise InvalidUploadHeader(
            COMPLETE, "is missing; send `?0` while there are bytes to come, and `?1` with the last"
        )
    length = _length(request, 0, is_complete=is_complete)
    described = _described(request)
    upload = begin(request, NewUpload(length=length, metadata=described, sid=described.get("sid") or None))
    headers = {"Location": address_of(request, upload), **_state(request, upload)}
    return Answer(
        HTTPStatus.CREATED, headers={**headers, **limits(container().uploading.limits, upload.length)}
    )


def append(request: Request, fid: Fid) -> Answer:
    """Add bytes to an upload, and say whether those were the last."""
    version = request.headers[DRAFT.lower()]
    if request.media_type != PART and version != UNTYPED_VERSION:
        raise UnsupportedMediaType(request.media_type, (PART,))
    offset = offset_of(request)
    is_complete = bool(completeness_of(request))
    upload = container().uploading.append(
        fid,
        offset,
        request.body,
        length=_length(request, offset, is_complete=is_complete),
        checksum=checksum_of(request),
        caller=request.caller,
    )
    return no_content(headers=_state(request, upload))


def head(request: Request, upload: Upload) -> Answer:
    """Tell how far an upload is."""
    return no_content(
        headers={**_state(request, upload), **limits(container().uploading.limits, upload.length)}
    )


def completeness_of(request: Request) -> bool | None:
    """Answer whether the upload is said to end with this request, or None where nothing is said that is a boolean."""
    return {"?1": True, "?0": False}.get(request.headers.get(COMPLETE.lower(), "").strip())


def _length(request: Request, offset: int, *, is_complete: bool) -> int | None:
    """Answer how long the upload is to be by a request, or None where it does not tell; raises InconsistentLength."""
    stated = number_of(request, LENGTH)
    if not is_complete:
        return stated
    end = offset + len(request.body)
    if stated not in {None, end}:
        raise InconsistentLength(LENGTH, f"tells {stated} bytes, and the upload ends with {end}")
    return end


def _described(request: Request) -> dict[str, str]:
    """Answer the metadata of an upload, with its name and media type as HTTP tells those."""
    given = metadata.decode(request.headers.get(metadata.HEADER.lower()))
    filename = _filename(request)
    if filename and not {"filename", "name"} & given.keys():
        given["filename"] = filename
    media_type = request.media_type
    if media_type and media_type != PART and not {"filetype", "type"} & given.keys():
        given["filetype"] = media_type
    return given


def _filename(request: Request) -> str | None:
    """Answer the name in a Content-Disposition, the encoded one before the other (RFC 6266, 4.3)."""
    message = Message()
    message["Content-Disposition"] = request.headers.get("content-disposition", "")
    told = message.get_params([], header="Content-Disposition")
    names = sorted(
        (value for key, value in told if key == "filename"), key=lambda name: isinstance(name, str)
    )
    return collapse_rfc2231_value(names[0]) if names else None


def _state(request: Request, upload: Upload) -> dict[str, str]:
    headers = {
        **told(request, upload),
        COMPLETE: "?1" if upload.is_complete else "?0",
        OFFSET: str(upload.offset),
    }
    if upload.length is not None:
        headers[LENGTH] = str(upload.length)
    return headers


def _problem(error: PrismError, request: Request) -> Answer:
    """Answer a failure that the draft has a type for, with the members that it asks for."""
    answer = problem(error, request)
    name = next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)
    document = {**answer.content, "type": f"{REGISTERED}{name}"}
    if not isinstance(error, UploadOffsetConflict):
        return answer._replace(content=document)
    expected, provided = error.facts["offset"], error.facts["sent"]
    document |= {"expected-offset": expected, "provided-offset": provided}
    headers = {**answer.headers, OFFSET: str(expected), COMPLETE: "?0"}
    return answer._replace(content=document, headers=headers)
