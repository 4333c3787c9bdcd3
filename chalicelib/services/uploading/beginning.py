"""Beginning an upload: what is asked for is checked, the owner's share is held, and only then something is written."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from secrets import token_bytes
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from chalicelib.domain.access import Caller
from chalicelib.domain.errors import UploadGone, UploadNotFound
from chalicelib.domain.manifest import ANONYMOUS, Claimed, Publisher
from chalicelib.domain.patterns import EVERY_PACKAGE
from chalicelib.domain.times import timestamp
from chalicelib.domain.uploads.documents import UploadInfo
from chalicelib.domain.uploads.errors import (
    InvalidConcatenation,
    InvalidUpload,
    NoSuchUpload,
    TooManyBytes,
    TooManyUploads,
)
from chalicelib.domain.uploads.ids import SID_BYTES, Fid, is_sid
from chalicelib.domain.uploads.limits import UploadLimits
from chalicelib.domain.uploads.metadata import Wanted, check_metadata
from chalicelib.services.uploading.values import Admission, NewUpload
from chalicelib.storage.parallel import at_once, in_parallel
from chalicelib.stores.uploads import State, Uploads

if TYPE_CHECKING:
    from chalicelib.services.uploading.packages import Packages

LIFETIME: Final = timedelta(days=7)
"""How long an upload is kept for which nobody has asked for another time."""
LOOKED_AT: Final = 16
"""How many of an owner's uploads are looked at, when they are too many, for some that have ended."""


class Beginning:
    """Begins uploads; `most_of_package` is how many bytes a package may have.

    `admit` says whether a file may be begun in a bucket.
    """

    def __init__(
        self,
        uploads: Uploads,
        packages: Callable[[], "Packages"],
        admit: Callable[[NewUpload, Caller], Admission],
        *,
        limits: UploadLimits,
        most_of_package: int,
        now: Callable[[], datetime],
    ) -> None:
        self._uploads = uploads
        self._packages = packages
        self._admit = admit
        self._limits = limits
        self._most_of_package = most_of_package
        self._now = now

    def begin(self, new: NewUpload, caller: Caller) -> State:
        """Answer a new upload; raises the refusals of what it says of itself, and TooManyUploads."""
        fid = self._new_fid(new.sid)
        admission = self._admit(self._measured(new, caller), caller) if new.sid is not None else None
        info = self._info(new, caller, admission)
        wanted = self._checked(info)
        self.check_length(info.length, wanted)
        self._hold_share(info.owner, fid)
        try:
            if not isinstance(new.concat, str) and new.concat is not None:
                info = self._joined(fid, info, new.concat, wanted)
            return self._uploads.create(fid, info)
        except BaseException:
            self._uploads.marks.close(info.owner, fid)
            raise

    def check_length(self, length: int | None, wanted: Wanted | None) -> None:
        """Raise InvalidUpload or TooManyBytes for a length that no upload has."""
        if length is None:
            return
        if length < 0:
            raise InvalidUpload(f"{length} is no number of bytes")
        self._limits.check_length(length)
        self._check_package(length, wanted)

    def _measured(self, new: NewUpload, caller: Caller) -> NewUpload:
        """Answer the same with its length, where that is the one of the others that it is made of."""
        if new.concat is None or isinstance(new.concat, str):
            return new
        return new._replace(length=sum(in_parallel(partial(self._size, caller.name), new.concat)))

    def _check_package(self, length: int, wanted: Wanted | None) -> None:
        if wanted is not None and length == 0:
            raise InvalidUpload("an upload that is to be a package has the bytes of one, and not none")
        if wanted is not None and length > self._most_of_package:
            raise TooManyBytes("the package", length, self._most_of_package, self._limits.append)

    def _new_fid(self, sid: str | None) -> Fid:
        if sid is not None and not is_sid(sid):
            raise InvalidUpload(f"`{sid[:40]}` is no bucket of uploads; leave it out for a new one")
        return Fid(sid or token_bytes(SID_BYTES).hex(), str(uuid4()))

    def _info(self, new: NewUpload, caller: Caller, admission: Admission | None) -> UploadInfo:
        now = self._now()
        concat = (
            new.concat if isinstance(new.concat, str) or new.concat is None else list(map(str, new.concat))
        )
        if isinstance(concat, list) and new.length is not None:
            raise InvalidUpload("an upload that is made of others has their length, and is told none")
        return UploadInfo(
            length=new.length,
            metadata=dict(new.metadata),
            owner=caller.name,
            publisher=_publisher(caller, new),
            packages=None if caller.packages == EVERY_PACKAGE else list(caller.packages.texts),
            created=timestamp(now),
            expires=timestamp(admission.expires if admission else new.expires or now + LIFETIME),
            concat=concat,
            bucket_sha256=admission.key_sha256 if admission else None,
            as_sent=dict(new.as_sent) or None,
        )

    def _checked(self, info: UploadInfo) -> Wanted | None:
        check_metadata(info.metadata)
        wanted = None if info.is_partial else Wanted.read(info.metadata)
        if wanted is not None:
            self._packages().check(info, wanted)
        return wanted

    def _hold_share(self, owner: str | None, fid: Fid) -> None:
        """Mark the upload as its owner's; raises TooManyUploads."""
        marks, most = self._uploads.marks, self._limits.open
        _, opened = at_once(partial(marks.open, owner, fid), partial(marks.opened, owner, most + 1))
        others = [mark.fid for mark in opened if mark.fid != fid]
        if len(others) < most or any(in_parallel(partial(self._let_go, owner), others[:LOOKED_AT])):
            return
        marks.close(owner, fid)
        raise TooManyUploads(most)

    def _let_go(self, owner: str | None, fid: Fid) -> bool:
        """Remove the mark of an upload that has come to an end of some kind; answers whether it had."""
        try:
            state = self._uploads.info(fid)
        except UploadGone:
            pass
        except UploadNotFound:
            # It may be about to begin.
            return False
        else:
            expired = state.expires is not None and state.expires <= timestamp(self._now())
            if state.done is None and not expired:
                return False
        self._uploads.marks.close(owner, fid)
        return True

    def _joined(self, fid: Fid, info: UploadInfo, parts: Sequence[Fid], wanted: Wanted | None) -> UploadInfo:
        """Answer how an upload begins that is made of others, which stay as long as it needs them."""
        distinct = list(dict.fromkeys(parts))
        if not parts or len(parts) > self._limits.parts:
            raise InvalidConcatenation(
                f"an upload is made of 1 to {self._limits.parts} others, and not of {len(parts)}",
                limit=self._limits.parts,
            )
        # Marked before they are looked at: whoever removes one says so first, and looks for marks afterwards.
        in_parallel(lambda part: self._uploads.marks.join(part, fid), distinct)
        try:
            sizes = dict(zip(distinct, in_parallel(partial(self._size, info.owner), distinct), strict=True))
            length = sum(sizes[part] for part in parts)
            self._limits.check_joined(length)
            self._check_package(length, wanted)
        except BaseException:
            in_parallel(lambda part: self._uploads.marks.leave(part, fid), distinct)
            raise
        return info.model_copy(update={"sizes": [sizes[part] for part in parts]})

    def _size(self, owner: str | None, part: Fid) -> int:
        try:
            state = self._uploads.info(part)
        except (UploadGone, UploadNotFound) as error:
            raise InvalidConcatenation(error.detail, upload=str(part)) from error
        if state.info.owner != owner:
            raise InvalidConcatenation(NoSuchUpload(str(part)).detail, upload=str(part))
        if not state.info.is_partial:
            raise InvalidConcatenation(f"`{part}` is not a partial upload", upload=str(part))
        if not state.is_complete:
            raise InvalidConcatenation(
                f"`{part}` is not finished: it has {state.offset} bytes of {state.length}; send the others first",
                upload=str(part),
            )
        return state.size


def _publisher(caller: Caller, new: NewUpload) -> Publisher | None:
    """Answer who publishes a package: the caller with whom they claim to be, or that one."""
    if "package" not in new.metadata:
        return None
    name, email = (new.metadata.get(key) or None for key in ("publisher", "email"))
    if (name and len(name) > 200) or (email and len(email) > 320):
        raise InvalidUpload("the name of a publisher has at most 200 characters, and an address 320")
    if caller.name is None:
        return Publisher(name=name or ANONYMOUS, email=email)
    return Publisher(name=caller.name, claimed=Claimed(name=name, email=email) if name or email else None)
