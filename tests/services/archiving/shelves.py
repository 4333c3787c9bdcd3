"""Groups of files for tests, which are made when they are read."""

from collections.abc import Callable, Iterator

from chalicelib.container import Container
from chalicelib.domain.archives.documents import Member
from chalicelib.domain.buckets.errors import BucketNotFound
from chalicelib.services.archiving.buckets import COUNTED, Contents, LeftOut
from chalicelib.services.buckets import Visitor
from chalicelib.storage.port import ObjectNotFound
from tests.worlds import World

SID = "0123456789ab"
Make = Callable[[], Iterator[bytes]]


class Shelf:
    """One bucket in the place of all there are."""

    def __init__(self, files: dict[str, bytes] | None = None, *, left_out: tuple[str, ...] = ()) -> None:
        self.files: dict[str, tuple[str, int, Make]] = {}
        self.left_out = [LeftOut(name=name, reason=COUNTED) for name in left_out]
        for number, (name, data) in enumerate((files or {}).items()):
            self.add(f"{SID}++{number}", name, len(data), lambda data=data: iter([data]))  # type: ignore[misc]  # a default binds it

    def add(self, fid: str, name: str, size: int, make: Make) -> None:
        """Put a file on the shelf."""
        self.files[fid] = name, size, make

    def contents(self, sid: str, visitor: Visitor) -> Contents:
        """Answer what is on the shelf, to whoever knows where it is."""
        if sid != SID:
            raise BucketNotFound(sid)
        members = [Member(name=name, size=size, file=fid) for fid, (name, size, _) in self.files.items()]
        return Contents(members, self.left_out)

    def open(self, fid: str) -> Iterator[bytes]:
        """Read a file."""
        if fid not in self.files:
            raise ObjectNotFound(fid)
        return self.files[fid][2]()


def shelved(container: Container, shelf: Shelf) -> Container:
    """Answer a process for whom the shelf is what buckets there are."""
    container.__dict__["archived_buckets"] = shelf
    return container


def process(world: World, shelf: Shelf) -> Container:
    """Answer a fresh process of a world with a shelf."""
    return shelved(world.fresh(), shelf)
