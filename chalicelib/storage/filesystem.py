"""Objects as files below a folder, with the same promises as a bucket, on one machine.

An object is written to a temporary file, flushed to the disk and then given its name in one step: `os.link`
for a create, which fails if the name is taken, `os.replace` otherwise. So a file is never changed once it has
its name, a reader that has opened one keeps that state, and a crash leaves the old object or the new one. The names
are on the disk when a write is answered: that in the object's folder, and those of folders that were made for it.

A put flushes the draft and the object's folder, and neither can be left out. A name that leads to bytes the disk does
not have yet is half an object after a crash; and a name that was replaced is as new as one that was made, so that
without the second flush an answered swap could be undone. What is not `durable` goes without both. After a crash of the
machine it may be lost, or be there with fewer bytes; while the machine lives nobody can tell the difference. Folders
that it made are flushed all the same: others may put durable objects into them, and would find nothing to flush.

Every write to a key happens under a lock that all processes of the machine share (`flock`; a network
filesystem must support it). The lock file holds the last time stamp given out under it, and the next one is
always greater: it becomes the file's modification time, from which the ETag is made, so that no ETag of a key
ever returns, however quick the writes and however the clock is set.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import itemgetter
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, Final, Literal, Self

from chalicelib.settings import InvalidSettings, Settings
from chalicelib.storage import files, folder
from chalicelib.storage.diagnosis import Expectations, Finding
from chalicelib.storage.port import (
    NOT_MODIFIED,
    InvalidKey,
    NotModified,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    PreconditionFailed,
    Prefix,
    StorageUnavailable,
    StoredObject,
    Unaddressed,
    can_begin_key,
    check_conditions,
    check_key,
    folded,
    is_key,
    window,
)

PIECE_BYTES: Final = 1 << 20
OWN_FOLDER: Final = ".prism-store"
SEGMENT_BYTES: Final = 255
NAMING_ATTEMPTS: Final = 1_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_KEY: Final = itemgetter(0)


class FilesystemStore(Unaddressed):
    """A store over the files below `root`, which is made if it is missing.

    A folder is not an object, so `a` and `a/b` cannot both be keys; the second one raises InvalidKey, as does
    a segment longer than 255 bytes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._below = os.path.join(self.root, "")
        self._drafts = files.Drafts(self.root / OWN_FOLDER / "drafts")
        self._locks = files.Locks(self.root / OWN_FOLDER / "locks")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Open the store below STORAGE_ROOT."""
        try:
            return cls(settings.storage_root)
        except OSError as error:
            raise InvalidSettings(
                f"STORAGE_ROOT is `{settings.storage_root}`, which cannot hold objects: {error}"
            ) from error

    def get(
        self, key: str, *, start: int | None = None, end: int | None = None, unless_etag: str | None = None
    ) -> StoredObject | Literal[NotModified.NOT_MODIFIED]:
        """Read an object or a slice of it from one open file, so from one state of it."""
        path = self._path(key)
        with _medium(key):
            if unless_etag is not None and _is_still(path, unless_etag):
                return NOT_MODIFIED
            with self._open(key) as file:
                info = _info(key, os.fstat(file.fileno()))
                first, last = window(info.size, start, end)
                file.seek(first)
                return StoredObject(info, file.read(last - first))

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read an object in pieces from one open file."""
        pieces = self._pieces(key, start, end)
        next(pieces)
        return pieces

    def head(self, key: str) -> ObjectInfo:
        """Describe an object."""
        with _medium(key):
            found = _state(self._path(key))
        if found is None:
            raise ObjectNotFound(key)
        return _info(key, found)

    def put(
        self,
        key: str,
        data: bytes,
        *,
        if_absent: bool = False,
        if_etag: str | None = None,
        content_type: str | None = None,
        durable: bool = True,
    ) -> str:
        """Write an object whole."""
        path = self._path(key)
        check_conditions(if_absent=if_absent, if_etag=if_etag)
        with _medium(key), self._drafts.new() as draft:
            draft.write(data)
            return self._publish(draft, path, key, if_absent=if_absent, if_etag=if_etag, durable=durable)

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, if_absent: bool = False, content_type: str | None = None
    ) -> str:
        """Write an object from pieces, one of which is in memory at a time."""
        path = self._path(key)
        with ExitStack() as stack:
            with _medium(key):
                draft = stack.enter_context(self._drafts.new())
            for chunk in chunks:
                with _medium(key):
                    draft.write(chunk)
            with _medium(key):
                return self._publish(draft, path, key, if_absent=if_absent)

    def copy(self, source: str, target: str) -> str:
        """Copy an object's bytes within the filesystem.

        A hard link would be cheaper but would share the modification time, hence the ETag, between the two.
        """
        path = self._path(target)
        with _medium(source), self._open(source) as original:
            if source == target:
                return _info(source, os.fstat(original.fileno())).etag
            with self._drafts.new() as draft:
                draft.take(original)
                return self._publish(draft, path, target)

    def join(self, sources: Sequence[str], target: str, *, if_absent: bool = False) -> str:
        """Make one object of others."""
        pieces = (piece for source in sources for piece in self.stream(source))
        return self.put_stream(target, pieces, if_absent=if_absent)

    def delete(self, key: str, *, durable: bool = True) -> None:
        """Remove an object, and the folders that are empty without it.

        What goes unflushed leaves its folder, which is likely to be needed again, and costs flushes to make.
        """
        path = self._path(key)
        folder = os.path.dirname(path)
        with _medium(key), self._locks.hold(key):
            if _state(path) is None:
                return
            os.unlink(path)
        if durable:
            files.flush_folder(folder)
            files.prune(folder, str(self.root))

    def list(
        self, prefix: str, *, after: str | None = None, delimiter: str | None = None, limit: int | None = None
    ) -> Iterator[ObjectInfo | Prefix]:
        """List objects in order, reading one folder at a time."""
        if not can_begin_key(prefix):
            return iter(())
        return islice(self._entries(prefix, after or "", delimiter), limit)

    def place(self) -> dict[str, str]:
        """Answer the folder."""
        return {"root": str(self.root)}

    def diagnose(self, expectations: Expectations) -> Iterator[Finding]:
        """Tell what is wrong with the folder."""
        return folder.findings(self.root, self.root / OWN_FOLDER / "drafts")

    def _path(self, key: str) -> str:
        segments = check_key(key).split("/")
        if segments[0] == OWN_FOLDER:
            raise InvalidKey(key, f"`{OWN_FOLDER}` is the store's own folder")
        if any(len(segment.encode()) > SEGMENT_BYTES for segment in segments):
            raise InvalidKey(key, f"a segment is longer than the {SEGMENT_BYTES} bytes of a file name")
        return self._below + key

    def _open(self, key: str) -> BinaryIO:
        try:
            return open(self._path(key), "rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectNotFound(key) from None

    def _pieces(self, key: str, start: int | None, end: int | None) -> Iterator[bytes]:
        with _medium(key), self._open(key) as file:
            position, last = window(os.fstat(file.fileno()).st_size, start, end)
            file.seek(position)
            # Taken by `stream` itself: a missing object is told at once, and an unread stream is closed.
            yield b""
            while position < last and (piece := file.read(min(PIECE_BYTES, last - position))):
                position += len(piece)
                yield piece

    def _publish(
        self,
        draft: files.Draft,
        path: str,
        key: str,
        *,
        if_absent: bool = False,
        if_etag: str | None = None,
        durable: bool = True,
    ) -> str:
        """Make a draft the object: its bytes are on the disk before it has its name, and all names at the end.

        Of what is not `durable` only the folders that were made for it are, since others may write into them.
        """
        if durable:
            draft.flush()
        with self._locks.hold(key) as lock:
            present = _state(path)
            if if_absent and present is not None:
                raise ObjectExists(key)
            if if_etag is not None and (present is None or _info(key, present).etag != if_etag):
                raise PreconditionFailed(key)
            draft.stamp(lock.next_stamp(above=present.st_mtime_ns if present else 0))
            folder, *above = self._name(draft, path, key, create=if_absent)
        # The object's own folder first: where the disk keeps a journal, its flush takes those above it along.
        for each in (folder, *above) if durable else above:
            files.flush_folder(each)
        return _info(key, draft.state()).etag

    def _name(self, draft: files.Draft, path: str, key: str, *, create: bool) -> tuple[str, ...]:
        """Give the draft its name in one step; answers the folders to be flushed, the innermost first.

        Repeated while removals take the folder away under it.
        """
        folder = os.path.dirname(path)
        above: tuple[str, ...] = ()
        for _ in range(NAMING_ATTEMPTS):
            try:
                draft.link(path) if create else draft.replace(path)
            except FileNotFoundError:
                above = (*reversed(files.make_folder(folder)), *above)
            except (FileExistsError, IsADirectoryError):
                if not os.path.isdir(path):
                    raise ObjectExists(key) from None
                if not files.clear(path):
                    raise InvalidKey(key, "other keys lie below it, and a folder cannot hold both") from None
            except NotADirectoryError:
                raise InvalidKey(key, "it lies below another key, and a folder cannot hold both") from None
            else:
                return (folder, *above)
        raise StorageUnavailable(key, "its folder was removed again and again", retryable=True)

    def _entries(self, prefix: str, after: str, delimiter: str | None) -> Iterator[ObjectInfo | Prefix]:
        last_group = after
        folder = prefix[: prefix.rfind("/") + 1]
        with _medium(prefix):
            for info in self._walk(folder, prefix, after, first_only=delimiter == "/"):
                group = folded(info.key, prefix, delimiter)
                if group is None:
                    yield info
                elif group > last_group:
                    last_group = group
                    yield Prefix(group)

    def _walk(
        self, folder: str, prefix: str, after: str, *, first_only: bool = False
    ) -> Iterator[ObjectInfo]:
        """Yield what lies below the folder in order; with `first_only`, any one object of each inner folder."""
        for key, entry in self._folder(folder):
            if not key.endswith("/"):
                if key.startswith(prefix) and key > after and (info := _listed(key, entry)) is not None:
                    yield info
            elif key.startswith(prefix) and (key > after or after.startswith(key)):
                yield from self._any(key) if first_only else self._walk(key, prefix, after)

    def _any(self, folder: str) -> Iterator[ObjectInfo]:
        """Yield the object below the folder that is met first, if there is one; nothing is put in order for it."""
        with _scanned(self.root / folder) as entries:
            for entry in entries:
                key = folder + entry.name
                if entry.is_dir():
                    found = next(self._any(f"{key}/"), None)
                else:
                    found = _listed(key, entry) if is_key(key) else None
                if found is not None:
                    yield found
                    return

    def _folder(self, folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Yield the keys directly below the folder in order, those of folders ending with a slash."""
        with _scanned(self.root / folder) as entries:
            found = [(folder + entry.name + "/" * entry.is_dir(), entry) for entry in entries]
        found.sort(key=_KEY)
        own = f"{OWN_FOLDER}/"
        # Looked at one by one, as most of a long folder may not be asked for.
        return (pair for pair in found if is_key(pair[0].rstrip("/")) and pair[0] != own)


@contextmanager
def _scanned(path: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
    """Read a folder's entries; one that is gone has none."""
    try:
        entries = os.scandir(path)
    except (FileNotFoundError, NotADirectoryError):
        yield iter(())
        return
    with entries:
        yield entries


def _state(path: str) -> os.stat_result | None:
    """Describe the file of an object, or answer None where there is none."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found if S_ISREG(found.st_mode) else None


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    modified = EPOCH + timedelta(microseconds=found.st_mtime_ns // 1_000)
    return ObjectInfo(key, found.st_size, _etag(found), modified)


def _etag(found: os.stat_result) -> str:
    return f"{found.st_mtime_ns:x}-{found.st_size:x}"


def _is_still(path: str, etag: str) -> bool:
    """Tell whether an object has an ETag; costs less than to open it."""
    found = _state(path)
    return found is not None and _etag(found) == etag


def _listed(key: str, entry: os.DirEntry[str]) -> ObjectInfo | None:
    try:
        found = entry.stat()
    except FileNotFoundError:
        return None
    return _info(key, found) if S_ISREG(found.st_mode) else None


@contextmanager
def _medium(key: str) -> Iterator[None]:
    """Tell of a disk that is full, broken, read-only or not ours as StorageUnavailable."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(key, f"the filesystem failed: {error}", retryable=False) from error
