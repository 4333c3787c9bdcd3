"""Downloading a file: to a part beside it that any later run goes on with, and in its place when it is whole."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from chalicelib.cli.errors import CommandFailed, RegistryRefused
from chalicelib.cli.folders import remove
from chalicelib.cli.progress import Progress
from chalicelib.cli.transport import HttpResponse, Writable
from chalicelib.cli.uploading.patience import Patience

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry

_PARTIAL: Final = 206
_NO_SUCH_RANGE: Final = 416
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Download:
    """One download; `part` is where its bytes are until all are there."""

    def __init__(self, registry: "Registry", patience: Patience, progress: Progress, part: Path) -> None:
        self._registry = registry
        self._patience = patience
        self._progress = progress
        self._part = part

    def fetch(self, path: str, target: Path, length: int, headers: Mapping[str, str]) -> None:
        """Download what is at a path and has so many bytes; raises CommandFailed."""
        try:
            with self._part.open("ab") as file:
                self._progress.start(at=file.tell())
                while file.tell() != length:
                    self._go_on(path, file, length, headers)
            self._part.replace(target)
        except OSError as error:
            raise CommandFailed(f"`{target}` cannot be written: {error.strerror or error}") from error

    def _go_on(self, path: str, file: IO[bytes], length: int, headers: Mapping[str, str]) -> None:
        """Download what is missing, or some of it where the network is lost."""
        if file.tell() > length:
            self._begin_anew(file)
        at = file.tell()
        asked = {**headers, "Accept": "*/*", **({"Range": f"bytes={at}-"} if at else {})}
        try:
            self._check(self._registry.send("GET", path, asked, save=lambda head: self._into(file, head)))
        except RegistryRefused as error:
            if error.http_status != _NO_SUCH_RANGE or not at:
                self._patience.bear(error)
            else:
                self._begin_anew(file)
        except CommandFailed as error:
            if file.tell() > at:
                self._patience.went()
            self._patience.bear(error)
        if file.tell() > length:
            raise CommandFailed(f"the registry sent {file.tell()} bytes, and said that there are {length}")

    def _into(self, file: IO[bytes], head: HttpResponse) -> Writable | None:
        """Answer where the bytes of an answer go: behind what is there, or in its place."""
        if head.status == _PARTIAL:
            found = _RANGE.fullmatch(head.headers.get("content-range", ""))
            if not found or int(found[1]) != file.tell():
                raise CommandFailed("the registry sent another part of the file than it was asked for")
        elif head.status == 200:
            self._begin_anew(file)
        else:
            return None
        return _Watched(file, self._progress)

    def _check(self, answer: "Answer") -> None:
        if answer.status not in {200, _PARTIAL}:
            raise CommandFailed(f"the registry answers {answer.status} and not the file")

    def _begin_anew(self, file: IO[bytes]) -> None:
        if file.tell():
            self._progress.advance(-file.tell())
            file.seek(0)
            file.truncate()

    def forget(self) -> None:
        """Remove what was downloaded so far."""
        remove(self._part)


class _Watched:
    """A file whose writing is reported; raises CommandFailed where it fails, as that is not the network's doing."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def write(self, data: bytes, /) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise CommandFailed(f"the download cannot be written: {error.strerror or error}") from error
        self._progress.advance(len(data))
