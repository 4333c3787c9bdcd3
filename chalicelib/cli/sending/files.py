"""The files to send, and what they are called where they arrive."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from chalicelib.cli.errors import CommandFailed, UsageError
from chalicelib.domain.archives.names import unlike


@dataclass(frozen=True, slots=True)
class Sendable:
    """A file as it is now; `changed` is when it was last written, in nanoseconds."""

    path: Path
    name: str
    size: int
    changed: int

    def read_at(self, offset: int, count: int) -> bytes:
        """Answer so many bytes from an offset on; raises CommandFailed where the file has changed or cannot be read."""
        try:
            with self.path.open("rb") as file:
                if os.fstat(file.fileno()).st_size != self.size:
                    raise CommandFailed(
                        f"`{self.path}` has changed while it was sent", hint="run the command again"
                    )
                file.seek(offset)
                return file.read(count)
        except OSError as error:
            raise CommandFailed(f"`{self.path}` cannot be read: {error.strerror or error}") from error


def sendables(paths: Sequence[str], *, recursive: bool) -> tuple[list[Sendable], list[str]]:
    """Answer the files that paths name, each under a name of its own, and notes about what is passed over.

    A folder's files are called by their paths in it, with `_` for each `/`. Raises UsageError and CommandFailed.
    """
    found: list[Sendable] = []
    notes: list[str] = []
    for path, called in _named(paths, notes, recursive=recursive):
        try:
            status = path.stat()
        except OSError as error:
            raise CommandFailed(f"`{path}` cannot be read: {error.strerror or error}") from error
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"`{path}` is not a file")
        found.append(Sendable(path, called, status.st_size, status.st_mtime_ns))
    names = unlike(each.name for each in found)
    return [replace(each, name=name) for each, name in zip(found, names, strict=True)], notes


def _named(paths: Sequence[str], notes: list[str], *, recursive: bool) -> Iterator[tuple[Path, str]]:
    for text in paths:
        path = Path(text)
        if not path.exists():
            raise UsageError(f"there is no `{path}`", hint="name the files to send")
        if not path.is_dir():
            yield path, path.name
        elif recursive:
            yield from _below(path, notes)
        else:
            raise UsageError(
                f"`{path}` is a folder",
                hint="add --recursive to send its files one by one, or send an archive of it",
            )


def _below(folder: Path, notes: list[str]) -> Iterator[tuple[Path, str]]:
    top = folder.resolve().name
    for at, folders, names in os.walk(folder):
        folders.sort()
        linked = [name for name in folders if Path(at, name).is_symlink()]
        for name in sorted([*names, *linked]):
            path = Path(at, name)
            if path.is_symlink() or not path.is_file():
                notes.append(f"`{path}` is not sent, because it is no file itself")
                continue
            yield path, "_".join(PurePath(top, path.relative_to(folder)).parts)
