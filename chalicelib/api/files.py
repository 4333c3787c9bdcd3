"""The files that resolutions point at."""

from chalicelib.api.answers import is_known
from chalicelib.api.queries import package_name
from chalicelib.api.ranges import partial, range_of
from chalicelib.api.routing import IMMUTABLE, Answer, Request, Routes, bytes_answer, not_modified, redirect
from chalicelib.container import container
from chalicelib.domain.errors import FileMissing, InvalidName, VersionNotFound
from chalicelib.domain.media_types import content_type, known_content_type, safety_headers

routes = Routes(tag="files")


@routes.get(
    "/packages/{name}/{version}/{path}",
    summary="A file of a version",
    gives=("*/*",),
    answers={200: None, 206: None, 302: None},
    raises=(InvalidName, VersionNotFound, FileMissing),
)
def file(request: Request) -> Answer:
    """Serve one file of a version with its content type; ranges work, and the answer never changes."""
    serving = container().serving
    found = serving.find(package_name(request), request.params["version"], request.params["path"])
    entry = found.entry
    if is_known(request.headers.get("if-none-match"), entry.sha256):
        serving.check(found)
        return not_modified(entry.sha256, cache=IMMUTABLE)
    if found.url and request.method != "HEAD":
        serving.check(found)
        return redirect(found.url)  # signed for GET alone
    part = range_of(request, size=entry.size, etag=entry.sha256)
    known = known_content_type(entry.path)
    # Without a telling extension the bytes say what type they are, for HEAD too.
    if request.method == "HEAD" and known:
        serving.check(found)
        data = b""
    else:
        data = serving.read(found)
    media_type = known or content_type(entry.path, data)
    answer = bytes_answer(
        data if part is None else data[part],
        content_type=media_type,
        etag=entry.sha256,
        cache=IMMUTABLE,
        headers=safety_headers(media_type),
        length=entry.size,
    )
    return partial(answer, part, size=entry.size)
