"""Buckets: files that belong together, kept for a while, for whoever has the link.

    make      a bucket, and the key by which it is its owner's
    admit     may a file be added to it
    enter     may somebody see it, who shows a password or a pass
    listing   what is in it
    change    until when it is kept, its password, its lock
    remove    it, or one of its files

A link is known to those it was sent to, so whoever has it needs no token. A password guards the files as it guards the
listing. Nothing is kept about visitors.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.access import Caller
from chalicelib.domain.buckets.documents import MOST_FILES, MOST_SECONDS, BucketRecord
from chalicelib.domain.buckets.errors import (
    BucketExpired,
    BucketFull,
    BucketLocked,
    BucketTooLarge,
    NotTheOwner,
    PasswordRequired,
    PasswordWrong,
)
from chalicelib.domain.buckets.filenames import safe_filename
from chalicelib.domain.buckets.passes import PASS_SECONDS, is_good_pass, pass_until
from chalicelib.domain.errors import UploadGone, UploadNotFound
from chalicelib.domain.media_types import BINARY, known_content_type
from chalicelib.domain.times import moment, timestamp
from chalicelib.domain.tokens import digest_of, same_digest
from chalicelib.domain.uploads.errors import InvalidUpload, NoSuchUpload
from chalicelib.domain.uploads.ids import SID_BYTES, Fid
from chalicelib.domain.uploads.metadata import filename_of, media_type_of
from chalicelib.services.buckets.passwords import hashed, is_password
from chalicelib.services.buckets.values import (
    BucketFile,
    BucketListing,
    BucketMade,
    Change,
    Found,
    NewBucket,
    Visitor,
)
from chalicelib.storage.parallel import in_parallel
from chalicelib.stores.buckets import Buckets as BucketStore
from chalicelib.stores.buckets import Downloads
from chalicelib.stores.uploads import LINGERING, State, Uploads
from chalicelib.stores.uploads.reminders import Reminders

__all__ = ["Buckets", "Change", "NewBucket", "Visitor"]

KEY_BYTES: Final = 32
AT_ONCE: Final = 16
"""How many files are looked at, at the same time, when a bucket is listed."""


class Buckets:
    """Makes buckets, and knows who may do what with them."""

    def __init__(
        self,
        buckets: BucketStore,
        endings: Reminders,
        downloads: Downloads,
        uploads: Uploads,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._buckets = buckets
        self._endings = endings
        self._downloads = downloads
        self._uploads = uploads
        self._now = now

    def make(self, wanted: NewBucket, caller: Caller, *, base: str = "") -> BucketMade:
        """Make a bucket; its owner's key is in this answer, and only its digest is kept."""
        key, now = secrets.token_urlsafe(KEY_BYTES), self._now()
        while True:
            record = BucketRecord(
                sid=secrets.token_hex(SID_BYTES),
                created=timestamp(now),
                expires=timestamp(now + timedelta(seconds=wanted.retention)),
                downloads=wanted.downloads,
                comment=wanted.comment,
                max_file_bytes=wanted.max_file_bytes,
                max_bucket_bytes=wanted.max_bucket_bytes,
                owner_sha256=digest_of(key),
                creator=None if caller.open_only else caller.name,
                password=hashed(wanted.password) if wanted.password else None,
                secret=secrets.token_hex(KEY_BYTES),
            )
            # Written first, so that no bucket is left lying.
            self._endings.remind(moment(record.expires) + LINGERING, record.sid)
            if self._buckets.create(record):
                return BucketMade(**record.terms().model_dump(), url=f"{base}/s/{record.sid}", owner_key=key)

    def find(self, sid: str) -> BucketRecord:
        """Answer a bucket that is still kept; one read. Raises BucketNotFound and BucketExpired."""
        found = self._buckets.get(sid)
        if found.expires <= timestamp(self._now()):
            raise BucketExpired(sid, found.expires)
        return found

    def record(self, sid: str) -> BucketRecord:
        """Answer a bucket, ended or not; raises BucketNotFound."""
        return self._buckets.get(sid)

    def files(self, sid: str) -> list[Fid]:
        """Answer the ids of all files that a bucket has or had."""
        return self._buckets.files(sid)

    def admit(self, sid: str, length: int | None, owner: Caller) -> tuple[datetime, str]:
        """Answer until when a file is kept at most that is to be added to a bucket, and the digest of its owner's key.

        Of files that begin at the same moment none knows of the others, so together they may exceed what all of a
        bucket's may have. Raises BucketNotFound, BucketExpired, NotTheOwner, BucketLocked, BucketFull, BucketTooLarge,
        and InvalidUpload for one of unknown length where lengths are limited.
        """
        bucket = self.find(sid)
        _check_owner(bucket, owner)
        if bucket.locked:
            raise BucketLocked(sid)
        self._check_size(bucket, length)
        return _last_moment(bucket), bucket.owner_sha256

    def enter(self, sid: str, visitor: Visitor) -> BucketRecord:
        """Answer a bucket to somebody who may see it; raises PasswordRequired and PasswordWrong, and as `find` does."""
        bucket = self.find(sid)
        if bucket.password is None:
            return bucket
        now = int(self._now().timestamp())
        if any(is_good_pass(text, sid, bucket.secret, now) for text in visitor.passes):
            return bucket
        if visitor.password is None:
            raise PasswordWrong if visitor.passes else PasswordRequired
        if not is_password(visitor.password, bucket.password):
            raise PasswordWrong
        return bucket

    def pass_to(self, bucket: BucketRecord) -> str | None:
        """Answer a pass for somebody who was let in, or None where none is needed."""
        if bucket.password is None:
            return None
        return pass_until(int(self._now().timestamp()) + PASS_SECONDS, bucket.sid, bucket.secret)

    def listing(self, bucket: BucketRecord) -> BucketListing:
        """Answer the complete files of a bucket to somebody who was let in; a few reads a file, several at once."""
        found = in_parallel(
            lambda fid: self._file(fid, bucket), self._buckets.files(bucket.sid), most=AT_ONCE
        )
        files = sorted(
            (file for file in found if file), key=lambda file: (file.created, file.name, file.file)
        )
        left = moment(bucket.expires) - self._now()
        return BucketListing(
            **bucket.terms().model_dump(),
            seconds_left=max(int(left.total_seconds()), 0),
            protected=True if bucket.password else None,
            files=files,
            size=sum(file.size for file in files),
        )

    def file(self, bucket: BucketRecord, uuid: str) -> Found:
        """Answer a file to somebody who was let in; raises NoSuchUpload, UploadEnded and UploadUnfinished."""
        fid = Fid.of(bucket.sid, uuid)
        return found_in(self._uploads.info(fid), bucket.downloads)

    def change(self, sid: str, change: Change, owner: Caller) -> BucketRecord:
        """Change a bucket for its owner; raises as `find` does, NotTheOwner, InvalidUpload and Busy."""
        _check_owner(self.find(sid), owner)
        password = hashed(change.password) if change.password else None
        if change.retention is not None:
            ends = self._now() + timedelta(seconds=change.retention)
            self._endings.remind(ends + LINGERING + timedelta(seconds=1), sid)

        def decide(bucket: BucketRecord) -> BucketRecord:
            changed: dict[str, object] = {}
            if change.retention is not None:
                changed["expires"] = self._postponed(bucket, change.retention)
            if change.locked is not None:
                changed["locked"] = True if change.locked else None
            if change.password is not None:
                changed |= {"password": password, "secret": secrets.token_hex(KEY_BYTES)}
            if change.comment is not None:
                changed["comment"] = change.comment or None
            return bucket.model_copy(update=changed)

        return self._buckets.change(sid, decide)

    def remove(self, sid: str, owner: Caller) -> None:
        """Remove a bucket and its files for its owner; from the first write on nobody is let in any more."""
        _check_owner(self._buckets.get(sid), owner)
        ended = timestamp(self._now())
        self._endings.remind(self._now() + LINGERING, sid)
        self._buckets.change(
            sid, lambda bucket: bucket.model_copy(update={"expires": min(bucket.expires, ended)})
        )
        self.clear(sid)

    def clear(self, sid: str) -> bool:
        """Remove the files of a bucket that has ended, and then its record; answers whether the record is gone.

        Safe to repeat, and beside others who do the same.
        """
        left = [fid for fid in self._buckets.files(sid) if not self.drop(fid)]
        if not left:
            self._buckets.remove(sid)
        return not left

    def drop(self, fid: Fid) -> bool:
        """Remove a file that nobody can download any more; answers whether all of it is gone."""
        try:
            return self._uploads.delete(fid, "expired")
        except NoSuchUpload:
            return True

    def remove_file(self, sid: str, uuid: str, owner: Caller) -> None:
        """Remove a file for its bucket's owner; raises as `find` does, NotTheOwner, NoSuchUpload and UploadEnded."""
        _check_owner(self.find(sid), owner)
        fid = Fid.of(sid, uuid)
        self._uploads.info(fid)
        self._uploads.delete(fid)

    def _file(self, fid: Fid, bucket: BucketRecord) -> BucketFile | None:
        try:
            state = self._uploads.info(fid)
        except (UploadGone, UploadNotFound):
            return None
        if not state.is_complete or state.info.is_partial:
            return None
        found, left = found_in(state, bucket.downloads), None
        if bucket.downloads is not None:
            left = max(bucket.downloads - self._downloads.of(fid).spent, 0)
        return BucketFile(
            file=fid.uuid,
            name=found.name,
            size=found.size,
            type=found.type,
            created=state.info.created,
            sha256=state.done.sha256 if state.done else None,
            left=left,
        )

    def _check_size(self, bucket: BucketRecord, length: int | None) -> None:
        most, of_all = bucket.max_file_bytes, bucket.max_bucket_bytes
        if length is None and (most is not None or of_all is not None):
            raise InvalidUpload(
                "the bucket limits what files may measure; say at the beginning how long it is to be"
            )
        if length is not None and most is not None and length > most:
            raise BucketTooLarge("the file", length, most)
        files = self._buckets.files(bucket.sid)
        if len(files) >= MOST_FILES:
            raise BucketFull(MOST_FILES)
        if length is not None and of_all is not None:
            together = length + sum(in_parallel(self._length, files))
            if together > of_all:
                raise BucketTooLarge("the bucket with this file", together, of_all)

    def _length(self, fid: Fid) -> int:
        try:
            state = self._uploads.info(fid)
        except (UploadGone, UploadNotFound):
            return 0
        return max(state.length or 0, state.offset)

    def _postponed(self, bucket: BucketRecord, retention: int) -> str:
        expires, last = self._now() + timedelta(seconds=retention), _last_moment(bucket)
        if expires > last:
            raise InvalidUpload(
                f"a bucket is kept for {MOST_SECONDS} seconds at most, and this one so until {timestamp(last)}",
                limit=MOST_SECONDS,
            )
        return timestamp(expires)


def found_in(state: State, limit: int | None = None) -> Found:
    """Answer what somebody downloads of a complete upload; raises UploadUnfinished."""
    name = safe_filename(filename_of(state.info.metadata))
    kind = media_type_of(state.info.metadata)
    return Found(
        state,
        name,
        kind or known_content_type(name) or BINARY,
        state.size,
        # The bytes of an upload are never replaced.
        state.done.sha256 if state.done and state.done.sha256 else state.fid.uuid,
        limit,
    )


def _last_moment(bucket: BucketRecord) -> datetime:
    return moment(bucket.created) + timedelta(seconds=MOST_SECONDS)


def _check_owner(bucket: BucketRecord, caller: Caller) -> None:
    """Raise NotTheOwner unless the bucket's key was given, or its maker or an admin asks."""
    if caller.bucket_key is not None:
        if not same_digest(digest_of(caller.bucket_key), bucket.owner_sha256):
            raise NotTheOwner(bucket.sid)
        return
    is_maker = bucket.creator is not None and caller.name == bucket.creator and not caller.open_only
    if not is_maker and not caller.may("admin"):
        raise NotTheOwner(bucket.sid)
