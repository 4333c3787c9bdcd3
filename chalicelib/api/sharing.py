"""The headers that every answer has, whatever came of its request: what pages of other origins may do with it.

Uploads are for browsers too, so their answers are shared whatever the method; and each tells the protocol it speaks,
refusals included, as tus asks for it (tus 1.0.0, Tus-Resumable).
"""

from collections.abc import Mapping
from typing import Final

from chalicelib.api.answers import READS, Answer
from chalicelib.api.requests import Request
from chalicelib.api.routing import Route

UPLOADS: Final = "/v1/uploads"
TUS: Final = "Tus-Resumable"
TUS_VERSION: Final = "1.0.0"
DRAFT: Final = "Upload-Draft-Interop-Version"
DRAFT_VERSIONS: Final = ("8", "7", "6", "5")
"""Of the IETF's draft, those whose requests mean the same: drafts 3 and later."""

SAFE: Final = {"X-Content-Type-Options": "nosniff"}
READABLE_BY_ALL: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
SHARED: Final = {**SAFE, **READABLE_BY_ALL}
"""Pages of any origin may import modules and read documents; a route that writes must say so of itself."""

UPLOAD_HEADERS: Final = (
    "Location",
    TUS,
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Metadata",
    "Upload-Concat",
    "Upload-Expires",
    "Upload-Checksum",
    "Upload-Limit",
    "Upload-Complete",
    DRAFT,
    "Prism-Job",
    "Prism-Job-URL",
    "Prism-Problem",
    "X-HTTP-Method-Override",
)
"""Headers of uploads by name, for browsers that do not know `*`."""
EXPOSED: Final = ", ".join(
    ("*", *UPLOAD_HEADERS, "Retry-After", "ETag", "Content-Range", "Content-Disposition")
)


def with_common_headers(answer: Answer, request: Request, route: Route | None) -> Answer:
    """Answer the same with what every answer to such a request has; a route may be unknown."""
    return answer._replace(headers={**_common(request, route), **answer.headers})


def _common(request: Request, route: Route | None) -> Mapping[str, str]:
    path = route.template.text if route else request.path
    if path == UPLOADS or path.startswith(f"{UPLOADS}/"):
        return {**SHARED, "Access-Control-Expose-Headers": EXPOSED, **_protocol(request)}
    shared = route.cross_origin if route else request.method in READS
    return SHARED if shared else SAFE


def _protocol(request: Request) -> Mapping[str, str]:
    """Answer the header that names the protocol of an upload; asking what is spoken has none."""
    version = request.headers.get(DRAFT.lower())
    if version in DRAFT_VERSIONS:
        return {DRAFT: version}
    return {} if request.method == "OPTIONS" else {TUS: TUS_VERSION}
