"""What every answer to an upload's requests tells of it, whichever protocol they are in."""

from datetime import datetime
from email.utils import format_datetime
from typing import Final

from chalicelib.api.answers import NO_STORE
from chalicelib.api.requests import Request
from chalicelib.api.sharing import UPLOADS
from chalicelib.domain.uploads.limits import UploadLimits
from chalicelib.services.uploading import Upload

LIMIT: Final = "Upload-Limit"
METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST")
ASKED: Final = (
    "Authorization",
    "Content-Digest",
    "Content-Disposition",
    "Content-Type",
    "Prism-Owner-Key",
    "Tus-Resumable",
    "Upload-Checksum",
    "Upload-Complete",
    "Upload-Concat",
    "Upload-Defer-Length",
    "Upload-Draft-Interop-Version",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-HTTP-Method-Override",
    "X-Request-ID",
    "X-Requested-With",
)
"""Headers that pages may send, by name for browsers that do not know `*`."""

PREFLIGHT: Final = {
    "Allow": ", ".join(METHODS),
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": ", ".join(("*", *ASKED)),
    "Access-Control-Max-Age": "86400",
}


def address_of(request: Request, upload: Upload) -> str:
    """Answer the address of an upload, with the host that the request was sent to; not all clients take one without."""
    return f"{request.origin}{UPLOADS}/{upload.fid.path}"


def told(request: Request, upload: Upload) -> dict[str, str]:
    """Answer the headers that tell when an upload expires, and of the job that publishes it or why there is none."""
    headers = {"Cache-Control": NO_STORE}
    if upload.expires is not None:
        headers["Upload-Expires"] = http_date(upload.expires)
    if upload.job_id is not None:
        headers["Prism-Job"] = upload.job_id
        headers["Prism-Job-URL"] = f"{request.origin}/v1/jobs/{upload.job_id}"
    if upload.error is not None:
        headers["Prism-Problem"] = upload.error.code
    return headers


def limits(known: UploadLimits, length: int | None = None, *, whole: int | None = None) -> dict[str, str]:
    """Answer the header that tells what one append may measure, and a `whole` upload where that is of interest.

    A longer upload is sent in larger pieces, so its `length` counts.
    """
    parts = {
        "max-size": whole,
        "max-append-size": known.append,
        "min-append-size": known.least_append(length),
    }
    return {LIMIT: ", ".join(f"{name}={value}" for name, value in parts.items() if value is not None)}


def http_date(timestamp: str) -> str:
    """Answer a moment as HTTP writes it, without the part of a second."""
    return format_datetime(datetime.fromisoformat(timestamp), usegmt=True)
