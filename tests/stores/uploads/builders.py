"""What tests of uploads begin with."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.uploads.documents import UploadDone, UploadInfo
from chalicelib.domain.uploads.ids import Fid
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.uploads import SEGMENT_BYTES, State, Uploads

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEYS = ObjectKeys()
AT = "2026-01-31T12:00:00.000Z"
LATER = "2026-02-07T12:00:00.000Z"


def uploads(store: ObjectStore, *, kind: str = "memory", segment_bytes: int = SEGMENT_BYTES) -> Uploads:
    """Make a process's uploads over a store."""
    return Uploads(store, KEYS, kind=kind, now=lambda: NOON, segment_bytes=segment_bytes)


def fid(number: int = 1) -> Fid:
    """Answer one of many ids."""
    return Fid(f"{number:012x}", str(UUID(int=number, version=4)))


def info(length: int | None = None, **fields: object) -> UploadInfo:
    """Answer how an upload begins."""
    return UploadInfo.model_validate({"length": length, "created": AT, "expires": LATER, **fields})


def done(state: State) -> UploadDone:
    """Answer that an upload is complete."""
    return UploadDone(size=state.size, at=AT, chunks=state.end.number)


def content(size: int, seed: int = 0) -> bytes:
    """Answer so many bytes of which no two places look alike."""
    return random.Random(seed).randbytes(size)


def sent(store: Uploads, upload: Fid, chunks: Iterable[bytes]) -> bytes:
    """Send an upload in these chunks; answers all of them."""
    chunks = list(chunks)
    store.create(upload, info(sum(map(len, chunks))))
    offset = 0
    for chunk in chunks:
        offset = store.append(upload, chunk, offset).offset
    return b"".join(chunks)
