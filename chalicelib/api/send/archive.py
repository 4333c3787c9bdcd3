"""All files of a bucket in one, as people download them from its page."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.answers import NO_STORE, bytes_answer
from chalicelib.api.archives import archive_answer
from chalicelib.api.routing import Answer, Request, Routes
from chalicelib.api.send.html import HEADERS, waiting_page
from chalicelib.api.send.pages import CLOSED, for_people
from chalicelib.api.send.visitors import visitor_of
from chalicelib.container import container
from chalicelib.domain.archives.documents import FORMATS
from chalicelib.domain.archives.errors import ArchiveFailed, ArchiveTooLarge, EmptyArchive
from chalicelib.domain.media_types import HTML

routes = Routes(tag="buckets")

SECONDS: Final = "2"
"""After which a browser asks again, by itself."""


@routes.get(
    "/s/{sid}/archive",
    summary="All files of a bucket in one",
    gives=(FORMATS["zip"][1], HTML),
    answers={200: None, 202: None, 206: None, 302: None},
    raises=(*CLOSED, ArchiveFailed, ArchiveTooLarge, EmptyArchive),
    scope=None,
    cross_origin=False,
)
@for_people
def archive(request: Request) -> Answer:
    """Download the files of a bucket as a zip archive; while that is being made, a page says so and asks again."""
    sid = request.params["sid"]
    standing = container().archiving.of_bucket(sid, "zip", visitor_of(request, sid)).standing
    if standing.info is not None:
        return archive_answer(request, standing)
    return bytes_answer(
        waiting_page(len(standing.archive.members)).encode(),
        content_type=HTML,
        status=HTTPStatus.ACCEPTED,
        cache=NO_STORE,
        headers={**HEADERS, "Refresh": SECONDS, "Retry-After": SECONDS},
    )
