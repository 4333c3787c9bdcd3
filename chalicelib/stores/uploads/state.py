"""What the bucket says of an upload at one moment."""

from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.uploads.documents import UploadChanges, UploadDone, UploadInfo
from chalicelib.domain.uploads.errors import UploadUnfinished
from chalicelib.domain.uploads.ids import Fid
from chalicelib.stores.uploads.places import Place


class State(NamedTuple):
    """An upload: as it began, how long it is to be, where its next chunk goes, and what became of it.

    `composed_at` is when one object was made of its chunks, or None.
    """

    fid: Fid
    info: UploadInfo
    length: int | None
    end: Place
    done: UploadDone | None = None
    changes: UploadChanges | None = None
    composed_at: datetime | None = None

    @property
    def composed(self) -> bool:
        """Whether its bytes are one object that was made of chunks."""
        return self.composed_at is not None

    @property
    def offset(self) -> int:
        """How many bytes there are."""
        if self.done is not None:
            return self.done.size
        return sum(self.info.sizes) if self.info.sizes is not None else self.end.start

    @property
    def is_complete(self) -> bool:
        """Whether all bytes are there."""
        return self.done is not None or (self.length is not None and self.offset == self.length)

    @property
    def size(self) -> int:
        """How many bytes a complete upload has; raises UploadUnfinished."""
        if not self.is_complete:
            raise UploadUnfinished(str(self.fid), self.offset, self.length)
        return self.offset

    @property
    def expires(self) -> str | None:
        """When it is removed, or None where that is nobody's wish."""
        changed = self.changes.expires if self.changes else None
        return changed or self.info.expires

    @property
    def parts(self) -> list[tuple[Fid, int]]:
        """The uploads whose chunks are its bytes, in order, and how many each has: itself, if made of no others."""
        if self.info.parts is None:
            return [(self.fid, self.offset)]
        return list(zip(map(Fid.parse, self.info.parts), self.info.sizes or [], strict=True))
