"""Packs: made again from the tarball; one that holds the same files stays as it is, so that offsets stay true."""

from collections.abc import Iterable
from typing import BinaryIO

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.package import Package
from chalicelib.domain.rebuilding import Outcome, RebuildFinding
from chalicelib.services.publishing.opened import Contents, Opened, load_contents
from chalicelib.services.rebuilding.values import Bench
from chalicelib.storage.port import ObjectNotFound


def examine_pack(bench: Bench, made: Opened, room: BinaryIO) -> tuple[RebuildFinding, Opened]:
    """Compare a version's pack with the one just made, and answer what the version is to be described by.

    That is the pack which is there, if it is kept: it tells the sizes that were published. It is read into `room`, an
    empty file.
    """
    artifacts = bench.workshop.artifacts
    outcome, kept = _judge(bench, made, room)
    if outcome == "missing" and not bench.check:
        is_ours = artifacts.settle_pack(made.name, made.version, made.pack)
        # Somebody else may have been faster, whose bytes may be others.
        kept = None if is_ours else _judge(bench, made, room)[1]
    if outcome == "corrupt" and not bench.check:
        artifacts.replace_pack(made.name, made.version, made.pack)
    detail = "its bytes are others, and its files the same" if kept else None
    key = bench.artifact_keys.pack(made.name, made.version)
    finding = RebuildFinding(kind="pack", key=key, outcome=outcome, detail=detail)
    return finding, Opened(made.name, made.version, made.digests, lambda: kept) if kept else made


def _judge(bench: Bench, made: Opened, room: BinaryIO) -> tuple[Outcome, Contents | None]:
    artifacts = bench.workshop.artifacts
    try:
        if _equal(artifacts.open_published_pack(made.name, made.version), made.pack):
            return "equal", None
        kept = _load(artifacts.open_published_pack(made.name, made.version), room, made)
    except ObjectNotFound:
        return "missing", None
    return ("kept", kept) if kept else ("corrupt", None)


def _equal(chunks: Iterable[bytes], made: BinaryIO) -> bool:
    made.seek(0)
    return all(made.read(len(chunk)) == chunk for chunk in chunks) and not made.read(1)


def _load(chunks: Iterable[bytes], room: BinaryIO, made: Opened) -> Contents | None:
    """Answer the contents of a pack if every one of its files can be read and is what the tarball holds."""
    try:
        contents = load_contents(chunks, room, made.digests)
        if _files(contents.package) != _files(made.package):
            return None
        for path in contents.package.files:
            contents.package.read(path)
    except (UnreadableDocument, InvalidTarball, KeyError):
        return None
    return contents


def _files(package: Package) -> dict[str, tuple[str, int, bool]]:
    return {path: (file.sha256, file.size, file.executable) for path, file in package.files.items()}
