"""Files that are objects of their own: compared with the tarball's by their digests."""

from collections.abc import Iterator
from functools import partial

from chalicelib.domain.media_types import content_type
from chalicelib.domain.rebuilding import Outcome, RebuildFinding
from chalicelib.services.publishing.opened import Opened
from chalicelib.services.publishing.settle import paths_as_objects
from chalicelib.services.rebuilding.values import Bench
from chalicelib.storage.parallel import in_parallel


def examine_files(bench: Bench, opened: Opened) -> Iterator[RebuildFinding]:
    """Compare every file that is to be an object, and write those that are not what they should be."""
    paths = paths_as_objects(bench.workshop, opened.package)
    digest_of = partial(bench.workshop.artifacts.file_digest, opened.name, opened.version)
    for path, digest in zip(paths, in_parallel(digest_of, paths), strict=True):
        outcome = _judge(digest, opened.package.files[path].sha256)
        if outcome != "equal" and not bench.check:
            _write(bench, opened, path, outcome)
        key = bench.artifact_keys.file(opened.name, opened.version, path)
        yield RebuildFinding(kind="file", key=key, outcome=outcome)


def _judge(digest: str | None, wanted: str) -> Outcome:
    if digest is None:
        return "missing"
    return "equal" if digest == wanted else "corrupt"


def _write(bench: Bench, opened: Opened, path: str, outcome: Outcome) -> None:
    artifacts, data = bench.workshop.artifacts, opened.package.read(path)
    write = artifacts.settle_file if outcome == "missing" else artifacts.replace_file
    write(opened.name, opened.version, path, data, content_type(path, data))
