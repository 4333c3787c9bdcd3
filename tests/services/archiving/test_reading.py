"""Members are read ahead, and held in memory that does not grow."""

import threading
import tracemalloc
from collections.abc import Iterator

import pytest

from chalicelib.domain.archives.documents import Member
from chalicelib.domain.archives.tars import gzipped, tarred
from chalicelib.domain.archives.zips import zipped
from chalicelib.services.archiving.reading import AHEAD, AHEAD_BYTES, SMALL_BYTES, entries, work_of

PIECE = 1 << 20


def members(count: int, size: int) -> list[Member]:
    return [Member(name=f"{number}.bin", size=size, file=str(number)) for number in range(count)]


def read(member: Member) -> Iterator[bytes]:
    for start in range(0, member.size, PIECE):
        yield bytes(min(PIECE, member.size - start))


@pytest.mark.parametrize(("count", "size"), [(60, 5 << 20), (6, 60 << 20), (4_000, 10_000)])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_memory_does_not_grow_with_number_or_size(kind: str, count: int, size: int) -> None:
    told: list[int] = []
    given = members(count, size)
    tracemalloc.start()
    try:
        found = entries(given, read, told.append, summed=kind == "zip")
        written = zipped(found) if kind == "zip" else gzipped(tarred(found), compress=False)
        total = sum(map(len, written))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert total > count * size
    assert peak < AHEAD_BYTES + 2 * SMALL_BYTES + (6 << 20)
    assert sum(told) == work_of(given, summed=kind == "zip")


def test_small_members_are_read_while_one_is_written() -> None:
    begun, enough = set[str](), threading.Event()

    def noted(member: Member) -> Iterator[bytes]:
        begun.add(member.name)
        if len(begun) == AHEAD:
            enough.set()
        yield bytes(member.size)

    found = entries(members(20, 10), noted, lambda _: None, summed=True)
    next(found)

    assert enough.wait(20)
