"""Who may add to a bucket, and when it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import EVERYBODY, Caller, implied
from chalicelib.domain.buckets.errors import (
    BucketExpired,
    BucketLocked,
    BucketNotFound,
    BucketTooLarge,
    NotTheOwner,
)
from chalicelib.domain.uploads.errors import InvalidUpload
from chalicelib.services.buckets.values import BucketMade, Change, NewBucket
from chalicelib.services.uploading import NewUpload, Upload
from tests.worlds import World, memory_world

ALICE = Caller("alice", implied(["publish"]))
BOB = Caller("bob", implied(["publish"]))
ADMIN = Caller("root", implied(["admin"]))


@pytest.fixture
def world() -> World:
    return memory_world()


def owner_of(made: BucketMade) -> Caller:
    return replace(EVERYBODY, bucket_key=made.owner_key)


def begin(
    container: Container,
    made: BucketMade,
    length: int | None = 10,
    *,
    caller: Caller | None = None,
    **wanted: Any,
) -> Upload:
    new = NewUpload(length=length, sid=made.sid, **wanted)
    return container.uploading.create(new, caller or owner_of(made))


def test_an_upload_without_the_key_is_refused_and_leaves_nothing(world: World) -> None:
    made = world.container.buckets.make(NewBucket(), EVERYBODY)
    before = world.stored()

    for key in (None, "", "x"):
        with pytest.raises(NotTheOwner):
            begin(world.container, made, caller=replace(EVERYBODY, bucket_key=key))

    assert world.stored() == before


def test_whoever_made_a_bucket_needs_no_key_to_add_to_it(world: World) -> None:
    made = world.container.buckets.make(NewBucket(), ALICE)

    assert begin(world.container, made, caller=ALICE).fid.sid == made.sid
    assert begin(world.container, made, caller=ADMIN).fid.sid == made.sid
    with pytest.raises(NotTheOwner):
        begin(world.container, made, caller=BOB)


def test_what_somebody_calls_themselves_makes_nobody_an_owner(world: World) -> None:
    open_only = Caller("alice", implied(["publish"]), open_only=True)
    made = world.container.buckets.make(NewBucket(), ALICE)

    with pytest.raises(NotTheOwner):
        begin(world.container, made, caller=open_only)


def test_an_upload_into_a_bucket_that_nobody_made_is_refused(world: World) -> None:
    with pytest.raises(BucketNotFound):
        world.container.uploading.create(NewUpload(length=1, sid="abcdefabcdef"), EVERYBODY)

    assert world.stored() == []


def test_a_locked_bucket_takes_nothing_until_it_is_opened(world: World) -> None:
    buckets = world.container.buckets
    made = buckets.make(NewBucket(), EVERYBODY)
    owner = owner_of(made)

    buckets.change(made.sid, Change(locked=True), owner)
    with pytest.raises(BucketLocked):
        begin(world.container, made)
    buckets.change(made.sid, Change(locked=False), owner)

    begin(world.container, made)


def test_files_and_all_of_them_together_are_limited(world: World) -> None:
    made = world.container.buckets.make(NewBucket(max_file_bytes=10, max_bucket_bytes=15), EVERYBODY)

    with pytest.raises(BucketTooLarge):
        begin(world.container, made, 11)
    begin(world.container, made, 10)
    with pytest.raises(BucketTooLarge):
        begin(world.container, made, 6)
    with pytest.raises(InvalidUpload):
        begin(world.container, made, None)
    begin(world.container, made, 5)


def test_a_file_made_of_others_counts_with_its_length(world: World) -> None:
    made = world.container.buckets.make(NewBucket(max_file_bytes=10), EVERYBODY)
    uploading = world.container.uploading
    parts = [uploading.create(NewUpload(length=6, concat="partial"), EVERYBODY).fid for _ in range(2)]
    for part in parts:
        uploading.append(part, 0, b"x" * 6, caller=EVERYBODY)

    with pytest.raises(BucketTooLarge):
        begin(world.container, made, None, concat=parts)
    joined = begin(world.container, made, None, concat=parts[:1])

    assert joined.is_complete


def test_an_expired_bucket_lets_nobody_in(world: World) -> None:
    made = world.container.buckets.make(NewBucket(retention=60), EVERYBODY)
    later = Container(
        world.settings, store=world.store, now=lambda: datetime.now(UTC) + timedelta(seconds=61)
    )

    with pytest.raises(BucketExpired):
        later.buckets.find(made.sid)
    with pytest.raises(BucketExpired):
        begin(later, made)


def test_two_changes_at_once_are_both_made(world: World) -> None:
    buckets = world.container.buckets
    made = buckets.make(NewBucket(), EVERYBODY)
    other = world.fresh()
    owner = owner_of(made)

    buckets.change(made.sid, Change(locked=True), owner)
    other.buckets.change(made.sid, Change(comment="x"), owner)

    found = buckets.find(made.sid)
    assert (found.locked, found.comment) == (True, "x")
