"""A client that sends an upload through processes that fail, as clients do: it asks how far it is, and goes on."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chalicelib.container import Container
from chalicelib.domain.access import EVERYBODY
from chalicelib.domain.uploads.errors import UploadComplete, UploadOffsetConflict
from chalicelib.domain.uploads.ids import Fid
from chalicelib.domain.uploads.limits import UploadLimits
from chalicelib.services.uploading import Concat, NewUpload, Upload, Uploading
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death

SMALL: UploadLimits = UploadLimits(least=1, append=1 << 20)
"""Limits under which a few bytes are a chunk."""

Process = Callable[[], Container]


def uploading(container: Container, limits: UploadLimits = SMALL) -> Uploading:
    """Answer a process's uploads under other limits than it would have."""
    container.upload_limits = limits
    return container.uploading


def content(size: int, seed: int = 0) -> bytes:
    """Answer so many bytes of which no two places look alike."""
    return random.Random(seed).randbytes(size)


@dataclass
class Sender:
    """Sends `data` in chunks; every request goes to the next of the processes that `process` answers."""

    process: Process
    data: bytes
    chunk: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    concat: Concat = None
    acknowledged: int = 0

    def send(self) -> Upload:
        """Send all, however often that takes; answers the complete upload."""
        upload = self._begun()
        while not upload.is_complete:
            upload = self._added(upload) or self._found(upload.fid)
        return upload

    def _begun(self) -> Upload:
        while True:
            try:
                new = NewUpload(length=len(self.data), metadata=self.metadata, concat=self.concat)
                return uploading(self.process()).create(new, EVERYBODY)
            except (Death, StorageUnavailable):
                # Nobody knows its name, so it is begun anew.
                continue

    def _added(self, upload: Upload) -> Upload | None:
        """Send the next chunk; answers None where the client does not know what became of it."""
        data = self.data[upload.offset : upload.offset + self.chunk]
        try:
            answered = uploading(self.process()).append(upload.fid, upload.offset, data, caller=EVERYBODY)
        except (Death, StorageUnavailable, UploadOffsetConflict, UploadComplete):
            return None
        assert answered.offset == upload.offset + len(data)
        self.acknowledged = answered.offset
        return answered

    def _found(self, fid: Fid) -> Upload:
        while True:
            try:
                found = uploading(self.process()).find(fid, EVERYBODY)
            except (Death, StorageUnavailable):
                continue
            assert found.offset >= self.acknowledged, "an acknowledged byte was lost"
            return found
