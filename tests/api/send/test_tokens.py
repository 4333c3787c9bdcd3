"""Buckets of a registry with tokens: made by those who have one, read by those who have the link."""

import pytest

from chalicelib.settings import Settings
from tests.api.callers import assert_problem
from tests.api.send.registries import Bucket, Sender
from tests.worlds import world

ADMIN = "prism_000000000000_" + 43 * "0"
AUTHORIZED = {"Authorization": f"Bearer {ADMIN}"}


@pytest.fixture
def sender() -> Sender:
    return Sender(world(Settings(storage_driver="memory", access="token", admin_token=ADMIN)))


@pytest.fixture
def bucket(sender: Sender) -> Bucket:
    made = sender.ask("POST", "/v1/buckets", body={}, headers=AUTHORIZED)
    return Bucket(sender, made.json)


def test_nobody_makes_a_bucket_without_a_token(sender: Sender) -> None:
    assert_problem(sender.ask("POST", "/v1/buckets", body={}), 401, "authentication_required")


def test_whoever_has_the_link_reads_without_a_token(sender: Sender, bucket: Bucket) -> None:
    fid = bucket.add(b"hello")

    assert bucket.list().status == 200
    assert sender.ask("GET", f"/s/{bucket.sid}").status == 200
    assert sender.ask("GET", bucket.path(fid)).body == b"hello"


def test_the_token_that_made_a_bucket_or_its_key_changes_it(sender: Sender, bucket: Bucket) -> None:
    address = f"/v1/buckets/{bucket.sid}"

    assert sender.ask("PATCH", address, body={"locked": True}, headers=AUTHORIZED).status == 200
    assert bucket.own("PATCH", body={"locked": False}).status == 200
    assert_problem(sender.ask("PATCH", address, body={"locked": True}), 401, "authentication_required")


def test_uploads_need_a_token_besides_the_key(sender: Sender, bucket: Bucket) -> None:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Prism-Owner-Key": bucket.key}

    assert_problem(sender.ask("POST", "/v1/uploads", headers=headers), 401, "authentication_required")
