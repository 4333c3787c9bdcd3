"""Direct: tarballs that clients send to the medium themselves, with URLs that were signed for these very bytes.

    begin      the wish is kept, and the client is told where to send the bytes    wishes/….json
    (client)   the bytes arrive                                                    incoming/direct/….tgz
    complete   parts become the object, and it is published                        as any upload, with its verdict

Where the medium announces new objects, the function that hears of it may be first. Both do the same: what lies below
`incoming/direct/` is published as its wish says, by whomever, and the verdict is one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import uuid4

from chalicelib.domain.access import Caller
from chalicelib.domain.direct import (
    FOLDER,
    LARGEST,
    Asked,
    BytesMissing,
    DirectUnavailable,
    UploadFinished,
    Wish,
    is_wish_id,
    size_of_parts,
)
from chalicelib.domain.errors import UploadChanged, UploadGone, UploadNotFound, UploadTooLarge
from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.domain.semver.versions import clean_version
from chalicelib.domain.tags import check_tag
from chalicelib.domain.times import timestamp
from chalicelib.domain.verdict import Verdict
from chalicelib.services.ingesting import Ingesting
from chalicelib.services.publishing.allowed import check_allowed
from chalicelib.services.publishing.wishes import job_id
from chalicelib.services.verdicts import standing
from chalicelib.storage.port import (
    MultipartMissing,
    ObjectExists,
    ObjectNotFound,
    PartsRefused,
    Presigned,
)
from chalicelib.stores.access import Publishers
from chalicelib.stores.direct import Arriving, Wishes
from chalicelib.stores.incoming import Incoming, Upload

EXPIRES: Final = timedelta(hours=1)
"""How long a URL is good; with the credentials of a function perhaps less."""
PATIENCE_SECONDS: Final = 10.0
"""How long a call waits for another worker at the same upload."""
INLINE_BYTES: Final = 32 << 20
"""Up to so many bytes a function publishes before the gateway gives up; more is left to those who have more time."""


class Begun(NamedTuple):
    """An upload that waits for its bytes; `write` is where they go, unless it comes in parts."""

    wish: Wish
    write: Presigned | None
    expires_at: str

    @property
    def job_id(self) -> str:
        """The job that will publish it."""
        return _job(self.wish)


class SignedPart(NamedTuple):
    """A part that is to be sent, or has `arrived`."""

    number: int
    size: int
    arrived: bool
    write: Presigned


class Parts(NamedTuple):
    """Some parts of an upload, ascending; `next` is the number of the first that follows, or None."""

    parts: list[SignedPart]
    next: int | None
    expires_at: str


class Direct:
    """Lets clients send tarballs to the medium.

    `limit` is the most bytes of one, and `inline` the most that are published while the client waits.
    """

    def __init__(
        self,
        wishes: Wishes,
        arriving: Arriving,
        incoming: Incoming,
        ingesting: Ingesting,
        publishers: Publishers,
        *,
        limit: int,
        inline: int,
        now: Callable[[], datetime],
    ) -> None:
        self._wishes = wishes
        self._arriving = arriving
        self._incoming = incoming
        self._ingesting = ingesting
        self._publishers = publishers
        self._limit = min(limit, LARGEST)
        self._inline = inline
        self._now = now

    def begin(self, asked: Asked, caller: Caller) -> Begun:
        """Keep what a client wants, and answer where the bytes go.

        Raises UploadTooLarge, InvalidPayload, InvalidTag, InvalidVersion, PublisherNotAllowed and DirectUnavailable.
        """
        if asked.size > self._limit:
            raise UploadTooLarge(self._limit, asked.size)
        if asked.tag is not None:
            check_tag(asked.tag)
        publisher = asked.publisher.name
        check_allowed(self._publishers, asked.source, publisher, caller.packages, asked.name)
        wish = self._wish(asked, caller)
        begun = self._begun(wish)
        self._wishes.create(wish)
        return begun

    def find(self, wished: str, caller: Caller) -> Begun:
        """Answer an upload with URLs that are good from now on; raises UploadNotFound."""
        return self._begun(self._known(wished, caller))

    def parts(self, wished: str, first: int, limit: int, caller: Caller) -> Parts:
        """Answer where the parts from a number on go, and which have arrived; raises UploadNotFound and UploadFinished.

        An upload that is sent at once has none.
        """
        wish = self._known(wished, caller)
        last = min(wish.part_count, first + limit - 1)
        expires_at = self._expiry()
        if first > last:
            return Parts([], None, expires_at)
        try:
            arrived = {
                part.number for part in self._arriving.parts(wish, after=first - 1, limit=last - first + 1)
            }
        except MultipartMissing:
            verdict = self._settled(wish)
            raise UploadFinished(wish.id, verdict.status) from None
        signed = [self._signed(wish, number, arrived) for number in range(first, last + 1)]
        return Parts(signed, last + 1 if last < wish.part_count else None, expires_at)

    def complete(self, wished: str, caller: Caller) -> Verdict:
        """Publish an upload whose bytes have arrived, and answer its verdict, pending where others are to publish it.

        It may be repeated, whatever became of the call before. Raises UploadNotFound, BytesMissing and UploadGone.
        """
        wish = self._known(wished, caller)
        upload = self._whole(wish)
        if upload.object is not None and upload.object.size <= self._inline:
            self._publish(wish, upload.object.etag)
            upload = self._incoming.find(wish.upload_id)
        return self._told(wish, upload)

    def abort(self, wished: str, caller: Caller) -> None:
        """Give an upload up, and remove what has arrived; raises UploadNotFound, and UploadFinished after its end.

        What somebody has begun to publish may be published all the same.
        """
        wish = self._known(wished, caller)
        verdict = self._incoming.verdict(wish.upload_id)
        if verdict is not None and verdict.final:
            raise UploadFinished(wish.id, verdict.status)
        # The wish first: what arrives without one is refused.
        self._wishes.remove(wish.id)
        self._arriving.give_up(wish)

    def _wish(self, asked: Asked, caller: Caller) -> Wish:
        wished = uuid4().hex
        version = None if asked.version is None else clean_version(asked.version)
        part_size = size_of_parts(asked.size, asked.part_size)
        multipart_id = self._arriving.begin(f"{FOLDER}{wished}") if part_size else None
        if part_size and multipart_id is None:
            raise DirectUnavailable
        return Wish(
            id=wished,
            begun_at=timestamp(self._now()),
            name=asked.name,
            size=asked.size,
            sha256=asked.sha256.lower(),
            publisher=asked.publisher,
            source=asked.source,
            owner=caller.name,
            version=version,
            tag=asked.tag,
            multipart_id=multipart_id,
            part_size=part_size,
        )

    def _begun(self, wish: Wish) -> Begun:
        expires_at = self._expiry()
        if wish.part_size:
            return Begun(wish, None, expires_at)
        write = self._arriving.sign(wish, _seconds())
        if write is None:
            raise DirectUnavailable
        return Begun(wish, write, expires_at)

    def _signed(self, wish: Wish, number: int, arrived: set[int]) -> SignedPart:
        write = self._arriving.sign_part(wish, number, _seconds())
        return SignedPart(number, wish.size_of_part(number), number in arrived, write)

    def _known(self, wished: str, caller: Caller) -> Wish:
        """Answer a wish of the caller's; to others there is none."""
        wish = self._wishes.find(wished) if is_wish_id(wished) else None
        if wish is None or wish.owner != caller.name or not caller.sees(wish.name):
            raise UploadNotFound(f"{FOLDER}{wished}")
        return wish

    def _whole(self, wish: Wish) -> Upload:
        """Answer the upload once its bytes lie there, or did; raises BytesMissing and UploadGone."""
        upload = self._incoming.find(wish.upload_id)
        if standing(upload) is None:
            if not wish.part_size:
                raise BytesMissing(wish.id)
            self._join(wish)
            upload = self._incoming.find(wish.upload_id)
        return upload

    def _join(self, wish: Wish) -> None:
        try:
            parts = self._arriving.parts(wish)
            arrived = {part.number for part in parts}
            missing = [number for number in range(1, wish.part_count + 1) if number not in arrived]
            if missing:
                raise BytesMissing(wish.id, missing)
            self._arriving.join(wish, parts)
        except (MultipartMissing, ObjectExists):
            # Somebody else has completed it: then the object is there, or what became of it is.
            self._settled(wish)
        except PartsRefused:
            raise BytesMissing(wish.id) from None

    def _settled(self, wish: Wish) -> Verdict:
        """Answer how things stand with an upload that takes no more parts; raises UploadGone."""
        verdict = standing(self._incoming.find(wish.upload_id))
        if verdict is None:
            raise UploadGone(wish.upload_id)
        return verdict

    def _publish(self, wish: Wish, etag: str) -> None:
        key = self._incoming.key(wish.upload_id)
        try:
            self._ingesting.ingest(key, etag=etag, patience=PATIENCE_SECONDS)
        except (RunHeld, Overtaken, UploadChanged, ObjectNotFound):
            # Another worker is at it, and will tell what became of it.
            return

    def _told(self, wish: Wish, upload: Upload) -> Verdict:
        verdict = standing(upload)
        if verdict is None:
            raise UploadGone(wish.upload_id)
        return verdict if verdict.job_id else verdict.model_copy(update={"job_id": _job(wish)})

    def _expiry(self) -> str:
        return timestamp(self._now() + EXPIRES)


def _job(wish: Wish) -> str:
    return job_id(wish.sha256, wish.publisher.name)


def _seconds() -> int:
    return int(EXPIRES.total_seconds())
