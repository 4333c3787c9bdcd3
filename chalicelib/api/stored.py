"""Answers whose bytes lie in the store: where they are to be had, or the bytes themselves, whole or in part."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from chalicelib.api.answers import NO_HEADERS, Answer, is_known, not_modified, redirect, stream_answer
from chalicelib.api.ranges import partial, range_of
from chalicelib.api.requests import Request


class Stored(NamedTuple):
    """What is told of `size` bytes in the store, and how to come by them.

    `url` answers an address at the medium, or None where that has none; `read` answers the slice between two positions.
    """

    size: int
    etag: str
    content_type: str
    url: Callable[[], str | None]
    read: Callable[[int, int], Iterator[bytes]]
    headers: Mapping[str, str] = NO_HEADERS


def stored_answer(request: Request, stored: Stored, *, cache: str) -> Answer:
    """Answer a redirect to the medium, or the bytes or the range asked for; 304 to whoever has them.

    Raises RangeNotSatisfiable.
    """
    if is_known(request.headers.get("if-none-match"), stored.etag):
        return not_modified(stored.etag, cache=cache)
    is_head = request.method == "HEAD"
    if not is_head and (url := stored.url()):
        return redirect(url)  # signed for GET alone
    part = range_of(request, size=stored.size, etag=stored.etag)
    start, stop = (part.start, part.stop) if part else (0, stored.size)
    answer = stream_answer(
        iter(()) if is_head else stored.read(start, stop),
        length=stop - start,
        content_type=stored.content_type,
        etag=stored.etag,
        cache=cache,
        headers=stored.headers,
    )
    return partial(answer, part, size=stored.size)
