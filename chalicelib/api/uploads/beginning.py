"""Beginning an upload, in either protocol: with the first bytes or without."""

from chalicelib.api.requests import Request
from chalicelib.api.uploads.checksums import checksum_of
from chalicelib.container import container
from chalicelib.domain.access import AuthenticationRequired
from chalicelib.domain.uploads.errors import TooManyBytes
from chalicelib.domain.uploads.limits import UploadLimits
from chalicelib.services.uploading import NewUpload, Upload


def begin(request: Request, new: NewUpload) -> Upload:
    """Begin an upload with the bytes that a request brings; if those cannot be taken, nothing is begun."""
    uploading, data = container().uploading, request.body
    _check_origin(request, new)
    checksum = checksum_of(request)
    if data:
        _check_first(uploading.limits, len(data), new.length)
        if checksum is not None:
            checksum.check(data)
    upload = uploading.create(new, request.caller)
    return uploading.append(upload.fid, 0, data, caller=request.caller) if data else upload


def _check_first(known: UploadLimits, size: int, length: int | None) -> None:
    """Raise what would be raised for the first bytes of an upload, before it has begun."""
    if length is not None and size > length:
        raise TooManyBytes("the upload with these bytes", size, length, known.append)
    known.check_append(size, chunks=0, length=length, is_last=size == length)


def _check_origin(request: Request, new: NewUpload) -> None:
    """Let no page of another origin publish in the name of nobody; raises AuthenticationRequired.

    A registry that is open to all may be one that only its user's browser can reach.
    """
    origin = request.headers.get("origin")
    if origin is None or request.caller.name is not None or "package" not in new.metadata:
        return
    if origin.partition("://")[2] != request.headers.get("host"):
        raise AuthenticationRequired
