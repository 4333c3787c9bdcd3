"""The ids of uploads: `{sid}++{uuid}`, a bucket of files and one file in it.

A `sid` is 12 lower-case hex characters, and a file's id is a random UUID as Python writes it. Nothing else is ever part
of a key, so that no id leads out of its own bucket.
"""

import re
from typing import Final, NamedTuple, Self
from uuid import UUID

from chalicelib.domain.uploads.errors import NoSuchUpload

SEPARATOR: Final = "++"
SID_BYTES: Final = 6
JOBS: Final = "upload"
"""The type of the jobs that finish uploads, and what their ids begin with."""

_SID: Final = re.compile(r"[0-9a-f]{12}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Fid(NamedTuple):
    """The id of an upload: its bucket's, and its own in there."""

    sid: str
    uuid: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Answer the id that a text is; raises NoSuchUpload for what no upload is called."""
        sid, _, uuid = text.partition(SEPARATOR)
        return cls.of(sid, uuid)

    @classmethod
    def of(cls, sid: str, uuid: str) -> Self:
        """Answer the id made of two parts, as they stand in paths; raises NoSuchUpload."""
        if not is_sid(sid) or not _UUID.fullmatch(uuid):
            raise NoSuchUpload(f"{sid}{SEPARATOR}{uuid}")
        return cls(sid, uuid)

    @classmethod
    def made_of(cls, sid: bytes, uuid: bytes) -> Self:
        """Answer an id made of random bytes: SID_BYTES for the bucket, and 16."""
        return cls(sid.hex(), str(UUID(bytes=uuid, version=4)))

    def __str__(self) -> str:
        """Answer the text of the id."""
        return f"{self.sid}{SEPARATOR}{self.uuid}"

    @property
    def job_id(self) -> str:
        """The id of the job that finishes it, where that is too much for a request."""
        return f"{JOBS}-{self.sid}-{self.uuid}"

    @property
    def path(self) -> str:
        """The id as two levels of a path."""
        return f"{self.sid}/{self.uuid}"


def is_sid(text: str) -> bool:
    """Tell whether a text can be the id of a bucket, and so part of a key."""
    return _SID.fullmatch(text) is not None
