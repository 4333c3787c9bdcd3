"""Uploads that clients send to the medium themselves: what is wished for, and how the bytes get there."""

from collections.abc import Sequence

from chalicelib.domain.direct import Wish, wish_id
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.port import NOT_MODIFIED, ObjectNotFound, ObjectStore, Part, Presigned
from chalicelib.stores.documents import JSON
from chalicelib.stores.incoming import SUFFIX

CONTENT_TYPE = "application/gzip"


class Wishes:
    """What clients have asked for, each written once."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def create(self, wish: Wish) -> None:
        """Keep a wish, whose id is new."""
        self._store.put(self._keys.wish(wish.id), wish.to_bytes(), if_absent=True, content_type=JSON)

    def find(self, wished: str) -> Wish | None:
        """Answer the wish with an id, or None."""
        try:
            found = self._store.get(self._keys.wish(wished))
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        return Wish.from_bytes(found.data)

    def of(self, upload_id: str) -> Wish | None:
        """Answer the wish that an upload fulfils, or None."""
        wished = wish_id(upload_id)
        return None if wished is None else self.find(wished)

    def remove(self, wished: str) -> None:
        """Forget a wish; what arrives for it from then on is refused."""
        self._store.delete(self._keys.wish(wished))


class Arriving:
    """The bytes that are wished for, on their way into the medium."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def begin(self, upload_id: str) -> str | None:
        """Begin to take parts and answer the medium's id for them, or None where it takes nothing from clients."""
        return self._store.begin_multipart(self._key(upload_id), content_type=CONTENT_TYPE)

    def sign(self, wish: Wish, expires: int) -> Presigned | None:
        """Sign a write of these bytes and no others, once; None where the medium takes nothing from clients."""
        return self._store.presign_put(
            self._key(wish.upload_id),
            expires=expires,
            content_type=CONTENT_TYPE,
            content_length=wish.size,
            sha256=wish.sha256,
            if_absent=True,
        )

    def sign_part(self, wish: Wish, number: int, expires: int) -> Presigned:
        """Sign a write of one part, of the length that it is to have."""
        signed = self._store.presign_part(
            self._key(wish.upload_id),
            upload_id=wish.multipart_id or "",
            part_number=number,
            expires=expires,
            content_length=wish.size_of_part(number),
        )
        assert signed is not None, "the medium has begun to take parts"
        return signed

    def parts(self, wish: Wish, *, after: int = 0, limit: int | None = None) -> Sequence[Part]:
        """Answer the parts that have arrived whole; raises MultipartMissing."""
        found = self._store.list_parts(
            self._key(wish.upload_id), upload_id=wish.multipart_id or "", after=after, limit=limit
        )
        return [
            part
            for part in found
            if part.number <= wish.part_count and part.size == wish.size_of_part(part.number)
        ]

    def join(self, wish: Wish, parts: Sequence[Part]) -> None:
        """Make the object of its parts; raises MultipartMissing, PartsRefused and ObjectExists."""
        self._store.complete_multipart(
            self._key(wish.upload_id), upload_id=wish.multipart_id or "", parts=parts, if_absent=True
        )

    def give_up(self, wish: Wish) -> None:
        """Remove what has arrived."""
        key = self._key(wish.upload_id)
        if wish.multipart_id is not None:
            self._store.abort_multipart(key, upload_id=wish.multipart_id)
        self._store.delete(key)

    def _key(self, upload_id: str) -> str:
        return f"{self._keys.incoming}{upload_id}{SUFFIX}"
