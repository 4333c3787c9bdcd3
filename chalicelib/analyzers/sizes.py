"""Reports what a package weighs, raw and gzipped, as a whole and by directory."""

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.facts.directories import ROOT, directory_sizes
from chalicelib.domain.metadata import DirectorySize, Distribution, Sizes

name = "sizes"
version = "1"
requires: tuple[str, ...] = ()
essential = False


def analyze(subject: Subject) -> Found:
    """Answer the Sizes of a package; the gzip size is the sum of the files', each compressed alone."""
    files = subject.package.files
    sizes = directory_sizes(files.values())
    whole = sizes[ROOT]
    distribution = Distribution(
        raw_bytes=whole.raw_bytes,
        gzip_bytes=whole.gzip_bytes,
        file_count=len(files),
        directory_count=len(sizes) - 1,
    )
    by_directory = [DirectorySize(path=path, size=size) for path, size in sizes.items()]
    return Found(readable(whole.raw_bytes), Sizes(distribution=distribution, by_directory=by_directory))


def readable(size: int) -> str:
    """Answer a size for people, in bytes, KiB or MiB."""
    if size < 1024:
        return f"{size} bytes"
    kibibytes = size / 1024
    return f"{kibibytes:.1f} KiB" if kibibytes < 1024 else f"{kibibytes / 1024:.1f} MiB"
