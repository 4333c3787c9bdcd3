"""Whether a store honours the conditions of writes, found out by writing."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import uuid4

from chalicelib.storage.diagnosis import in_parts
from chalicelib.storage.port import (
    NOT_MODIFIED,
    ObjectExists,
    ObjectStore,
    PreconditionFailed,
    StorageUnavailable,
)

PROBE: Final = 1
"""Raised when more is probed, so that older proofs do not count."""

CREATE: Final = "a create-only write (`If-None-Match: *`)"
PARTS: Final = "a create-only write sent in parts (`If-None-Match: *` when they are put together)"
SWAP: Final = "a write on condition (`If-Match`)"


class BrokenPromise(Exception):
    """The store did something else than it must; the message completes a sentence, `fix` is the next step."""

    fix: Final = (
        "keep it in one that honours conditional writes, such as AWS S3, Cloudflare R2 or a recent MinIO"
    )


def probe(store: ObjectStore, prefix: str) -> None:
    """Try each kind of conditional write under a new key below the prefix, and clean up.

    Raises BrokenPromise, or StorageUnavailable if it cannot be told.
    """
    key = f"{prefix}{uuid4().hex}"
    keys = created, streamed, sent_in_parts, swapped = [f"{key}/{number}" for number in range(4)]
    try:
        _probe_create(store, created, CREATE, lambda data: store.put(created, data, if_absent=True))
        _probe_create(
            store, streamed, CREATE, lambda data: store.put_stream(streamed, [data], if_absent=True)
        )
        parts = in_parts(store)
        if parts is not None:
            _probe_create(
                parts,
                sent_in_parts,
                PARTS,
                lambda data: parts.put_stream(sent_in_parts, [data], if_absent=True),
            )
        _probe_swap(store, swapped)
    finally:
        for used in keys:
            # What is left behind is swept; a failure must not hide what was found.
            with suppress(Exception):
                store.delete(used)


def _probe_create(store: ObjectStore, key: str, kind: str, write: Callable[[bytes], str]) -> None:
    _allowed(kind, lambda: write(b"1"))
    _refused(kind, ObjectExists, "replaced an object that was there", lambda: write(b"2"))
    _holds(store, key, b"1", f"{kind} was refused and replaced the object all the same")


def _probe_swap(store: ObjectStore, key: str) -> None:
    first = store.put(key, b"1")
    _allowed(SWAP, lambda: store.put(key, b"2", if_etag=first))
    _refused(
        SWAP,
        PreconditionFailed,
        "replaced an object that had changed",
        lambda: store.put(key, b"3", if_etag=first),
    )
    _holds(store, key, b"2", f"{SWAP} was refused and replaced the object all the same")


def _allowed(kind: str, write: Callable[[], str]) -> None:
    try:
        write()
    except StorageUnavailable:
        raise
    except (ObjectExists, PreconditionFailed):
        raise BrokenPromise(f"{kind} was refused although its condition held") from None
    except Exception as error:
        raise BrokenPromise(f"{kind} is not possible: {error}") from error


def _refused(kind: str, refusal: type[Exception], otherwise: str, write: Callable[[], str]) -> None:
    try:
        write()
    except (refusal, StorageUnavailable) as error:
        if isinstance(error, StorageUnavailable):
            raise
        return
    except Exception as error:
        raise BrokenPromise(f"{kind} is not possible: {error}") from error
    raise BrokenPromise(f"{kind} {otherwise}")


def _holds(store: ObjectStore, key: str, data: bytes, otherwise: str) -> None:
    found = store.get(key)
    if found is NOT_MODIFIED or found.data != data:
        raise BrokenPromise(otherwise)
