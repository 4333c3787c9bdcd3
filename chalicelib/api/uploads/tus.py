"""tus 1.0.0: what its requests do, in the terms of the protocol's text."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from chalicelib.api.answers import Answer, no_content
from chalicelib.api.errors import UnsupportedMediaType, UnsupportedTusVersion
from chalicelib.api.requests import Request
from chalicelib.api.sharing import TUS, TUS_VERSION, UPLOADS
from chalicelib.api.uploads import metadata
from chalicelib.api.uploads.beginning import begin
from chalicelib.api.uploads.checksums import checksum_of
from chalicelib.api.uploads.headers import (
    CHUNK,
    CONCAT,
    DEFER_LENGTH,
    LENGTH,
    OFFSET,
    concat_of,
    declared_length,
    number_of,
    offset_of,
)
from chalicelib.api.uploads.refusals import InvalidUploadHeader
from chalicelib.api.uploads.telling import PREFLIGHT, address_of, limits, told
from chalicelib.container import container
from chalicelib.domain.uploads.checksums import ALGORITHMS
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.uploading import NewUpload, Upload

EXTENSIONS: Final = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "checksum",
    "termination",
    "concatenation",
)
TRAILER_EXTENSION: Final = "checksum-trailer"


def capabilities(request: Request) -> Answer:
    """Tell the versions, extensions and limits, and browsers what their pages may send."""
    known = container().uploading.limits
    trailers = () if request.trailers is None else (TRAILER_EXTENSION,)
    return no_content(
        headers={
            **PREFLIGHT,
            "Accept-Patch": f"{CHUNK}, application/partial-upload",
            "Tus-Version": TUS_VERSION,
            "Tus-Extension": ",".join((*EXTENSIONS, *trailers)),
            "Tus-Max-Size": str(known.whole),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
            **limits(known, whole=known.whole),
        }
    )


def check_version(request: Request) -> None:
    """Refuse a request that is not in this version of the protocol; raises UnsupportedTusVersion."""
    version = request.headers.get(TUS.lower())
    if version != TUS_VERSION:
        raise UnsupportedTusVersion(version, TUS_VERSION)


def create(request: Request) -> Answer:
    """Begin an upload, with its first bytes or without."""
    if request.body:
        _check_type(request)
    upload = begin(request, _new(request))
    headers = {"Location": address_of(request, upload), **told(request, upload)}
    if request.body:
        headers[OFFSET] = str(upload.offset)
    return Answer(
        HTTPStatus.CREATED, headers={**headers, **limits(container().uploading.limits, upload.length)}
    )


def append(request: Request, fid: Fid) -> Answer:
    """Add bytes to an upload where it ends."""
    _check_type(request)
    upload = container().uploading.append(
        fid,
        offset_of(request),
        request.body,
        length=number_of(request, LENGTH),
        checksum=checksum_of(request),
        caller=request.caller,
    )
    return no_content(headers={OFFSET: str(upload.offset), **told(request, upload)})


def head(request: Request, upload: Upload) -> Answer:
    """Tell how far an upload is; one made of others has no offset before those are complete."""
    headers = {**told(request, upload), **limits(container().uploading.limits, upload.length)}
    if upload.is_complete or not isinstance(upload.concat, list):
        headers[OFFSET] = str(upload.offset)
    if upload.length is not None:
        headers[LENGTH] = str(upload.length)
    else:
        headers[DEFER_LENGTH] = "1"
    if upload.metadata:
        headers[metadata.HEADER] = metadata.encode(upload.metadata)
    if upload.concat is not None:
        headers[CONCAT] = _concat(request, upload.concat)
    return Answer(headers={**headers, **upload.as_sent})


def terminate(request: Request, fid: Fid) -> Answer:
    """End an upload and remove its bytes."""
    container().uploading.terminate(fid, request.caller)
    return no_content()


def _new(request: Request) -> NewUpload:
    concat = concat_of(request)
    described = metadata.decode(request.headers.get(metadata.HEADER.lower()))
    new = NewUpload(
        metadata=described,
        concat=concat,
        sid=described.get("sid") or None,
        as_sent=_as_sent(request, described),
    )
    if not isinstance(concat, list):
        return new._replace(length=declared_length(request))
    for name in (LENGTH, DEFER_LENGTH):
        if name.lower() in request.headers:
            raise InvalidUploadHeader(
                name, "is not sent for an upload made of others, which is as long as they are"
            )
    if request.body:
        raise InvalidUploadHeader(CONCAT, "is `final`, and such an upload has no bytes of its own")
    return new


def _as_sent(request: Request, described: Mapping[str, str]) -> dict[str, str]:
    """Answer the headers that are told again to the letter, and would not be if only their meaning were kept."""
    sent = {name: request.headers.get(name.lower(), "") for name in (metadata.HEADER, CONCAT)}
    if sent[metadata.HEADER] == metadata.encode(described):
        del sent[metadata.HEADER]
    return {name: text for name, text in sent.items() if text and text != "partial"}


def _check_type(request: Request) -> None:
    """Refuse bytes that do not say that they belong at an offset; raises UnsupportedMediaType."""
    if request.media_type != CHUNK:
        raise UnsupportedMediaType(request.media_type, (CHUNK,))


def _concat(request: Request, concat: str | list[str]) -> str:
    if isinstance(concat, str):
        return concat
    return f"final;{' '.join(f'{request.base_path}{UPLOADS}/{part.path}' for part in map(Fid.parse, concat))}"
