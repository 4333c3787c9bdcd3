"""Uploading: files of any size, piece by piece, each piece kept for good when it is acknowledged.

    create      begin an upload, of a length or of one told later, of chunks or of other uploads
    append      add the next bytes; the last ones finish it
    find        how far it is, and what has become of it
    terminate   remove it
    open        its bytes, or a slice of them, in pieces
    where       an address at the medium itself that has its bytes

An upload is its creator's: for everybody else there is none. Whoever creates without a token is nobody in particular,
and shares what nobody in particular has; but a file of a bucket, whose address others are told, is then its key's.
What is complete and was not finished, because somebody died, is finished by whoever asks for it next.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from chalicelib.domain.access import Caller, ScopeMissing
from chalicelib.domain.times import timestamp
from chalicelib.domain.tokens import digest_of, same_digest
from chalicelib.domain.uploads.checksums import Checksum
from chalicelib.domain.uploads.documents import UploadInfo
from chalicelib.domain.uploads.errors import (
    FinalUpload,
    NoSuchUpload,
    TooManyBytes,
    UploadComplete,
    UploadEnded,
    UploadOffsetConflict,
)
from chalicelib.domain.uploads.ids import Fid
from chalicelib.domain.uploads.limits import UploadLimits
from chalicelib.domain.uploads.metadata import Wanted
from chalicelib.services.uploading.beginning import Beginning
from chalicelib.services.uploading.finishing import Finishing
from chalicelib.services.uploading.values import Admission, Concat, NewUpload, Upload
from chalicelib.stores.uploads import State, Uploads

__all__ = ["Admission", "Concat", "NewUpload", "Upload", "Uploading"]


class Uploading:
    """Takes uploads in; `limits` are what they may measure."""

    def __init__(
        self,
        uploads: Uploads,
        beginning: Beginning,
        finishing: Finishing,
        *,
        limits: UploadLimits,
        now: Callable[[], datetime],
    ) -> None:
        self.limits = limits
        self._uploads = uploads
        self._beginning = beginning
        self._finishing = finishing
        self._now = now

    def create(self, new: NewUpload, caller: Caller) -> Upload:
        """Begin an upload, which is complete at once if it has no bytes or is made of others.

        Raises InvalidUpload, InvalidConcatenation, TooManyBytes, TooManyUploads, and what would refuse a package.
        """
        _check_scope(caller)
        return Upload.of(self._finished(self._beginning.begin(new, caller)))

    def append(
        self,
        fid: Fid,
        offset: int,
        data: bytes,
        *,
        length: int | None = None,
        checksum: Checksum | None = None,
        caller: Caller,
    ) -> Upload:
        """Add the next bytes, and say how long all of it is where that was left open; answers it as it is then.

        Raises NoSuchUpload, UploadEnded, UploadOffsetConflict, ChecksumMismatch, TooManyBytes, TooManyChunks,
        AppendTooSmall, UploadComplete or InvalidUpload, and then nothing was written.
        """
        _check_scope(caller)
        state = self._found(fid, caller)
        self._check_append(state, offset, data, length)
        if checksum is not None:
            checksum.check(data)
        if length is not None:
            state = self._uploads.fix_length(state, length)
            # Somebody else may have said so first.
            self._check_append(state, offset, data, length)
        return Upload.of(self._finished(self._uploads.extend(state, data, offset)))

    def find(self, fid: Fid, caller: Caller | None = None) -> Upload:
        """Answer an upload, of this caller's or of anybody's; raises NoSuchUpload and UploadEnded."""
        return Upload.of(self._finished(self._found(fid, caller)))

    def terminate(self, fid: Fid, caller: Caller | None = None) -> None:
        """Remove an upload, finished or not; raises NoSuchUpload and UploadEnded."""
        if caller is not None:
            _check_scope(caller)
        self._found(fid, caller)
        self._uploads.delete(fid)

    def open(self, fid: Fid, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read a complete upload, or the slice `[start:end]`; raises NoSuchUpload, UploadEnded and UploadUnfinished."""
        return self._uploads.read(self._found(fid, None), start, end)

    def where(
        self, fid: Fid, *, filename: str | None = None, content_type: str | None = None, expires: int = 3600
    ) -> str | None:
        """Answer an address that reads a complete upload for so many seconds, or None; raises as `open` does."""
        state = self._finished(self._found(fid, None))
        assert state.size >= 0, "what is unfinished was told of"
        return self._uploads.url(state, filename=filename, content_type=content_type, expires=expires)

    def _found(self, fid: Fid, caller: Caller | None) -> State:
        state = self._uploads.info(fid)
        if caller is not None and not is_owner(state.info, caller):
            raise NoSuchUpload(str(fid))
        if state.expires is not None and state.expires <= timestamp(self._now()):
            raise UploadEnded(str(fid), "expired")
        return state

    def _finished(self, state: State) -> State:
        return self._finishing.finish(state) if state.is_complete else state

    def _check_append(self, state: State, offset: int, data: bytes, length: int | None) -> None:
        """Raise unless the bytes may be added to an upload that was found like this."""
        fid = str(state.fid)
        if state.info.parts is not None:
            raise FinalUpload(fid)
        if offset != state.offset:
            raise UploadOffsetConflict(fid, offset, state.offset)
        if data and state.is_complete:
            raise UploadComplete(fid)
        end, whole = offset + len(data), state.length if state.length is not None else length
        if state.length is None and (whole is not None or end > 0):
            wanted = None if state.info.is_partial else Wanted.read(state.info.metadata)
            self._beginning.check_length(end if whole is None else whole, wanted)
        if whole is not None and end > whole:
            raise TooManyBytes("the upload with these bytes", end, whole, self.limits.append)
        if data:
            self.limits.check_append(len(data), chunks=state.end.number, length=whole, is_last=end == whole)


def is_owner(info: UploadInfo, caller: Caller) -> bool:
    """Tell whether an upload is a caller's: by their name, or by the key of the bucket that it is in."""
    if info.bucket_sha256 is not None and caller.bucket_key is not None:
        return same_digest(digest_of(caller.bucket_key), info.bucket_sha256)
    is_nobodys = info.bucket_sha256 is not None and caller.name is None
    return caller.may("admin") or (caller.name == info.owner and not is_nobodys)


def _check_scope(caller: Caller) -> None:
    if not caller.may("publish"):
        raise ScopeMissing("publish", caller.scopes)
