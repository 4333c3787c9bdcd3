"""Buckets as people see them: a page for whoever has the link, and the files on it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from chalicelib.api.answers import NO_STORE, bytes_answer
from chalicelib.api.downloads import download_answer
from chalicelib.api.errors import status_of
from chalicelib.api.problems import headers_of
from chalicelib.api.routing import Answer, Request, Routes
from chalicelib.api.send.buckets import UNKNOWN, addressed
from chalicelib.api.send.html import HEADERS, failure_page, listing_page, password_page
from chalicelib.api.send.visitors import PASS, cookie, passing, visitor_of
from chalicelib.container import container
from chalicelib.domain.buckets.errors import (
    DownloadRunning,
    DownloadsSpent,
    PasswordRequired,
    PasswordWrong,
    PrefetchRefused,
)
from chalicelib.domain.errors import PayloadTooLarge, PrismError
from chalicelib.domain.media_types import HTML
from chalicelib.domain.uploads.errors import NoSuchUpload, UploadEnded, UploadUnfinished
from chalicelib.services.buckets.values import Visitor

routes = Routes(tag="buckets")

FORM: Final = "application/x-www-form-urlencoded"
MOST_BYTES: Final = 16 << 10
CLOSED: Final = (*UNKNOWN, PasswordRequired, PasswordWrong)

Handler = Callable[[Request], Answer]


def for_people(handler: Handler) -> Handler:
    """Make what goes wrong a page too, where a browser asks: with the status and the headers that it has anyway."""

    @wraps(handler)
    def handle(request: Request) -> Answer:
        try:
            return handler(request)
        except PrismError as error:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            if isinstance(error, PasswordRequired):
                page = password_page(_address(request), was_wrong=isinstance(error, PasswordWrong))
            else:
                page = failure_page(error.title, error.detail)
            return _page(page, status=status_of(type(error)), headers=headers_of(error))

    return handle


@routes.get(
    "/s/{sid}",
    summary="The page of a bucket",
    gives=(HTML,),
    raises=CLOSED,
    scope=None,
    cross_origin=False,
)
@for_people
def page(request: Request) -> Answer:
    """Show what is in a bucket to whoever has the link, and the password if it has one."""
    sid, buckets = request.params["sid"], container().buckets
    bucket = buckets.enter(sid, visitor_of(request, sid))
    text = request.query(PASS)
    listed = addressed(buckets.listing(bucket), request, text)
    return _page(listing_page(listed, archive=f"{listed.url}/archive{passing(text)}"))


@routes.post(
    "/s/{sid}",
    summary="The password of a bucket",
    takes=(FORM,),
    answers={303: None},
    raises=(*CLOSED, PayloadTooLarge),
    scope=None,
)
@for_people
def enter(request: Request) -> Answer:
    """Take the password from the page's form, and let the browser in for an hour."""
    sid, buckets = request.params["sid"], container().buckets
    bucket = buckets.enter(sid, Visitor(_password(request)))
    text = buckets.pass_to(bucket)
    headers = {"Location": _address(request), "Cache-Control": NO_STORE}
    if text is not None:
        headers["Set-Cookie"] = cookie(request, sid, text)
    return Answer(HTTPStatus.SEE_OTHER, headers=headers)


@routes.get(
    "/s/{sid}/{file}/{filename}",
    summary="A file of a bucket",
    gives=("*/*",),
    answers={200: None, 206: None, 302: None},
    raises=(
        *CLOSED,
        NoSuchUpload,
        UploadEnded,
        UploadUnfinished,
        DownloadRunning,
        DownloadsSpent,
        PrefetchRefused,
    ),
    scope=None,
    cross_origin=False,
)
@for_people
def file(request: Request) -> Answer:
    """Download a file; of one that may be downloaded only so often, only what is sent whole counts."""
    sid, buckets = request.params["sid"], container().buckets
    bucket = buckets.enter(sid, visitor_of(request, sid))
    return download_answer(request, buckets.file(bucket, request.params["file"]))


def _password(request: Request) -> str:
    """Answer the password in a form; raises PayloadTooLarge for what is no form of ours."""
    if len(request.body) > MOST_BYTES:
        raise PayloadTooLarge(MOST_BYTES, len(request.body))
    return parse_qs(request.body.decode(errors="replace"), keep_blank_values=True).get("password", [""])[-1]


def _address(request: Request) -> str:
    return f"{request.base_path}/s/{request.params['sid']}"


def _page(text: str, *, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Answer:
    return bytes_answer(
        text.encode(errors="replace"),
        content_type=HTML,
        status=status,
        cache=NO_STORE,
        headers={**HEADERS, **(headers or {})},
    )
