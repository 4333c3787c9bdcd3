"""The steps that the filesystem driver is made of: drafts, locks with stamps, folders that come and go."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import BinaryIO, Final
from zlib import crc32

LEFTOVER_AGE: Final = timedelta(days=1)
LOCKS: Final = 256
# Some filesystems keep times no finer than 100 ns, so stamps are whole microseconds.
STAMP_STEP: Final = 1_000
# A longer write may ask the kernel for its pages in one piece, which it can take twenty times as long to find.
WRITE_BYTES: Final = 512 << 10


class Draft:
    """A temporary file that may become an object; unbuffered, so closing it cannot fail for want of room."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._is_object = False
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Append to the file."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest[:WRITE_BYTES]) :]

    def take(self, source: BinaryIO) -> None:
        """Append the rest of a file, by the kernel alone and sharing blocks where the filesystem can."""
        with suppress(OSError, AttributeError):
            while os.copy_file_range(source.fileno(), self._descriptor, 1 << 30):
                pass
        # Whatever the kernel did not copy; usually nothing.
        while piece := source.read(1 << 20):
            self.write(piece)

    def flush(self) -> None:
        """Answer when the bytes are on the disk."""
        os.fsync(self._descriptor)

    def state(self) -> os.stat_result:
        """Describe the file."""
        return os.fstat(self._descriptor)

    def stamp(self, nanoseconds: int) -> None:
        """Set the time that the object will show as its modification."""
        os.utime(self.path, ns=(nanoseconds, nanoseconds))

    def link(self, path: str) -> None:
        """Give the file its name; raises FileExistsError if the name is taken."""
        os.link(self.path, path)

    def replace(self, path: str) -> None:
        """Give the file its name and whoever had it none."""
        os.replace(self.path, path)
        self._is_object = True

    def remove(self) -> None:
        """Take away the name it had as a draft."""
        if not self._is_object:
            with suppress(FileNotFoundError):
                os.unlink(self.path)


class Drafts:
    """The folder of temporary files, on the objects' own filesystem; what a crash left in it is harmless."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sweep()

    @contextmanager
    def new(self) -> Iterator[Draft]:
        """Open a draft, and remove it at the end unless it has become an object."""
        path = f"{self._folder}/{os.urandom(16).hex()}"
        with _opened(path, os.O_EXCL) as descriptor:
            draft = Draft(path, descriptor)
            try:
                yield draft
            finally:
                draft.remove()

    def _sweep(self) -> None:
        """Remove drafts so old that their writers cannot be alive."""
        self._folder.mkdir(parents=True, exist_ok=True)
        oldest = time.time() - LEFTOVER_AGE.total_seconds()
        for path in self._folder.iterdir():
            # Another process may sweep at the same moment.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


class Lock:
    """A lock that is held; it remembers the last stamp given out under it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def next_stamp(self, *, above: int) -> int:
        """Answer a time in nanoseconds, greater than `above` and than every stamp before it."""
        last = max(above, int.from_bytes(os.pread(self._descriptor, 8, 0), "big"))
        stamp = max(time.time_ns() // STAMP_STEP, last // STAMP_STEP + 1) * STAMP_STEP
        os.pwrite(self._descriptor, stamp.to_bytes(8, "big"), 0)
        return stamp


class Locks:
    """A fixed number of lock files that keys share, so that none need ever be removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, key: str) -> Iterator[Lock]:
        """Hold the key's lock against every thread and process of the machine."""
        with _opened(f"{self._folder}/{crc32(key.encode()) % LOCKS:02x}") as descriptor:
            flock(descriptor, LOCK_EX)
            yield Lock(descriptor)


def make_folder(folder: str) -> list[str]:
    """Make the folder and those above it; answers the folders in which one was made, which are to be flushed.

    Where a file stands in the way, or others remove what was made, nothing is raised; putting something below it will
    fail.
    """
    missing: list[str] = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    changed: list[str] = []
    for inner in reversed(missing):
        with suppress(FileExistsError, FileNotFoundError, NotADirectoryError):
            os.mkdir(inner)
            changed.append(os.path.dirname(inner))
    return changed


def flush_folder(folder: str) -> None:
    """Answer when the names in the folder are on the disk; one that is gone needs no flushing."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def prune(folder: str, root: str) -> None:
    """Remove the folder and those above it while they are empty, up to the root."""
    while folder != root:
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = os.path.dirname(folder)


def clear(folder: str) -> bool:
    """Remove a tree of empty folders; answer False if a file lies in it."""
    for inner, _, names in os.walk(folder, topdown=False):
        if names:
            return False
        try:
            Path(inner).rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


@contextmanager
def _opened(path: str, flags: int = 0) -> Iterator[int]:
    """Open a file for writing; made anew with its folder if the root was cleared meanwhile."""
    flags |= os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = os.open(path, flags, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
