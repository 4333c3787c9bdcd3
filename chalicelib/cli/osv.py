"""OSV records in files: JSON documents, arrays of them, JSON lines, folders of these, and zip archives."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

from chalicelib.cli.errors import CommandFailed

ZIP: Final = b"PK"
SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
ECOSYSTEM: Final = "npm"
SHOWN: Final = 200


class UnreadableAdvisories(CommandFailed):
    """A file holds no OSV records."""


def records_in(source: str, stdin: TextIO) -> Iterator[Any]:
    """Answer the records in a file, a folder and those below it, or stdin for `-`; raises UnreadableAdvisories."""
    if source == "-":
        buffer: BinaryIO | None = getattr(stdin, "buffer", None)
        yield from _of_bytes(stdin.read().encode() if buffer is None else buffer.read(), "stdin")
        return
    path = Path(source)
    try:
        if path.is_dir():
            for file in sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES):
                yield from _of_bytes(file.read_bytes(), str(file))
        elif zipfile.is_zipfile(path):
            yield from _of_zip(zipfile.ZipFile(path), source)
        else:
            yield from _of_bytes(path.read_bytes(), source)
    except OSError as error:
        raise UnreadableAdvisories(
            f"`{source}` cannot be read: {(error.strerror or str(error)).lower()}"
        ) from None


def is_about_npm(record: Any) -> bool:
    """Tell whether a record is worth sending: it is about a package of npm, or so odd that the registry must say so."""
    affected = record.get("affected") if isinstance(record, dict) else None
    if not isinstance(affected, list):
        return not isinstance(record, dict) or affected is not None
    return any(_is_npm(part) for part in affected)


def batches(records: Iterable[Any], *, count: int, size: int) -> Iterator[list[Any]]:
    """Answer records in lists of at most `count`, and of about `size` bytes of JSON unless one alone has more."""
    batch: list[Any] = []
    room = size
    for record in records:
        length = len(json.dumps(record, ensure_ascii=False).encode(errors="replace"))
        if batch and (len(batch) == count or length > room):
            yield batch
            batch, room = [], size
        batch.append(record)
        room -= length
    if batch:
        yield batch


def _of_zip(archive: zipfile.ZipFile, source: str) -> Iterator[Any]:
    with archive:
        for entry in archive.infolist():
            if entry.filename.lower().endswith(SUFFIXES):
                try:
                    data = archive.read(entry)
                except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                    raise UnreadableAdvisories(
                        f"`{source}` is damaged at `{entry.filename}`: {error}"
                    ) from None
                yield from _of_bytes(data, f"{source}: {entry.filename}")


def _of_bytes(data: bytes, source: str) -> Iterator[Any]:
    if data.startswith(ZIP):
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except zipfile.BadZipFile as error:
            raise UnreadableAdvisories(f"`{source}` is a damaged zip archive: {error}") from None
        yield from _of_zip(archive, source)
        return
    try:
        value = json.loads(data)
    except ValueError:
        yield from _of_lines(data, source)
        return
    yield from value if isinstance(value, list) else [value]


def _of_lines(data: bytes, source: str) -> Iterator[Any]:
    for number, line in enumerate(data.splitlines(), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise UnreadableAdvisories(
                    f"`{source}` is neither JSON nor JSON lines: line {number}: {str(error)[:SHOWN]}",
                    hint="give OSV records as JSON files, JSON lines, a folder of these, or a zip archive",
                ) from None


def _is_npm(part: Any) -> bool:
    package = part.get("package") if isinstance(part, Mapping) else None
    return isinstance(package, Mapping) and package.get("ecosystem") == ECOSYSTEM
