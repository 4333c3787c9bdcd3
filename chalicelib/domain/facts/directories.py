"""What the directories of a package weigh."""

from collections.abc import Iterable, Iterator

from chalicelib.domain.metadata import Size
from chalicelib.domain.package import FileRecord

ROOT = "."


def directory_sizes(files: Iterable[FileRecord]) -> dict[str, Size]:
    """Answer the size of each directory with all that is below it: the root `.`, then ascending by path."""
    total, directories = [0, 0], dict[str, list[int]]()
    for file in files:
        _add(total, file.size, file.gzip_size)
        _add(directories.setdefault(parent(file.path), [0, 0]), file.size, file.gzip_size)
    directories.pop("", None)
    # Deeper directories first, so that a parent has its own sum complete when it is added to the one above.
    for path in sorted(_with_ancestors(directories), key=lambda path: (-path.count("/"), path)):
        raw, compressed = directories.setdefault(path, [0, 0])
        if above := parent(path):
            _add(directories.setdefault(above, [0, 0]), raw, compressed)
    return {ROOT: Size(*total)} | {path: Size(*directories[path]) for path in sorted(directories)}


def parent(path: str) -> str:
    """Answer the directory that a path lies in, empty for the root."""
    return path.rpartition("/")[0]


def _with_ancestors(paths: Iterable[str]) -> set[str]:
    return {ancestor for path in paths for ancestor in _ancestors(path)}


def _ancestors(path: str) -> Iterator[str]:
    while path:
        yield path
        path = parent(path)


def _add(sums: list[int], raw: int, compressed: int) -> None:
    sums[0] += raw
    sums[1] += compressed
