"""Groups of files for tests, which need nothing of how a registry takes files in."""

from collections.abc import Callable, Iterator

from chalicelib.container import Container
from chalicelib.services.archiving.buckets import BucketFile, BucketNotFound, Contents, Credentials, LeftOut
from chalicelib.storage.port import ObjectNotFound
from tests.worlds import World

SID = "0123456789ab"
Make = Callable[[], Iterator[bytes]]


class Shelf:
    """One bucket, whose files are made when they are read."""

    def __init__(self, files: dict[str, bytes] | None = None, *, left_out: tuple[str, ...] = ()) -> None:
        self.files: dict[str, tuple[str, int, Make]] = {}
        self.left_out = [LeftOut(name=name, reason="for one download") for name in left_out]
        self.read: list[str] = []
        for number, (name, data) in enumerate((files or {}).items()):
            self.add(f"{SID}++{number}", name, len(data), lambda data=data: iter([data]))  # type: ignore[misc]  # a default binds it

    def add(self, fid: str, name: str, size: int, make: Make) -> None:
        """Put a file on the shelf."""
        self.files[fid] = name, size, make

    def contents(self, sid: str, credentials: Credentials) -> Contents:
        """Answer what is on the shelf."""
        self.check(sid, credentials)
        return Contents(
            [BucketFile(fid, name, size) for fid, (name, size, _) in self.files.items()], self.left_out
        )

    def check(self, sid: str, credentials: Credentials) -> None:
        """Let everybody in who knows where it is."""
        if sid != SID:
            raise BucketNotFound(sid)

    def open(self, fid: str) -> Iterator[bytes]:
        """Read a file."""
        self.read.append(fid)
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
