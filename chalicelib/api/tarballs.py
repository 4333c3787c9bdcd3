"""Tarballs: where one is downloaded, or its bytes."""

from chalicelib.api.answers import (
    IMMUTABLE,
    REVALIDATE,
    Answer,
    is_known,
    not_modified,
    redirect,
    stream_answer,
)
from chalicelib.api.requests import Request
from chalicelib.container import container
from chalicelib.domain.names import PackageName
from chalicelib.storage.disposition import content_disposition


def tarball_answer(request: Request, name: PackageName, wanted: str) -> Answer:
    """Answer the tarball of the version that a number or a tag names; raises VersionNotFound."""
    tarball = container().browsing.tarball(name, wanted)
    cache = IMMUTABLE if wanted == tarball.version else REVALIDATE
    if is_known(request.headers.get("if-none-match"), tarball.integrity):
        return not_modified(tarball.integrity, cache=cache)
    if tarball.url and request.method != "HEAD":
        return redirect(tarball.url)  # signed for GET alone
    return stream_answer(
        tarball.chunks,
        length=tarball.size,
        content_type="application/gzip",
        etag=tarball.integrity,
        cache=cache,
        headers={"Content-Disposition": content_disposition(tarball.filename)},
    )
