"""Buckets of files over HTTP: made, listed, changed and removed; a password guards the files as well."""

from pathlib import Path

import pytest

from tests.api.callers import assert_problem
from tests.api.send.registries import Sender
from tests.worlds import filesystem_world, memory_world, s3_world

DATA = b"hello, world\n"
ANY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(params=["memory", "filesystem", "s3"])
def sender(request: pytest.FixtureRequest, tmp_path: Path) -> Sender:
    if request.param == "memory":
        return Sender(memory_world())
    if request.param == "filesystem":
        return Sender(filesystem_world(tmp_path))
    emulator = request.getfixturevalue("s3_emulator")
    return Sender(s3_world(emulator.endpoint, emulator.new_bucket()))


@pytest.fixture
def near() -> Sender:
    return Sender(memory_world())


def test_a_file_is_sent_and_listed(sender: Sender) -> None:
    bucket = sender.bucket(comment="for you")
    fid = bucket.add(DATA, "a b.txt")

    listed = bucket.list().json

    assert listed["url"] == f"http://registry.example/s/{bucket.sid}" == bucket.made["url"]
    assert (listed["comment"], listed["size"]) == ("for you", len(DATA))
    assert [(file["file"], file["name"], file["size"], file["type"]) for file in listed["files"]] == [
        (fid.uuid, "a b.txt", len(DATA), "text/plain")
    ]
    assert listed["files"][0]["url"] == f"{listed['url']}/{fid.uuid}/a%20b.txt"


def test_what_is_kept_of_a_key_and_a_password_is_never_told(near: Sender) -> None:
    bucket = near.bucket(password="hush")
    record = near.world.container.buckets.find(bucket.sid)
    assert record.password is not None
    secrets = (record.owner_sha256, record.secret, record.password, bucket.key)

    listed = bucket.list(**{"x-download-pass": "hush"}).body.decode()
    changed = bucket.own("PATCH", body={"comment": "x"}).body.decode()

    assert record.password.startswith("$argon2id$")
    assert not any(secret in text for secret in secrets for text in (listed, changed))
    assert bucket.key not in repr(record) + record.to_bytes().decode()
    assert record.owner_sha256 not in repr(record)


def test_a_password_guards_the_listing_and_the_files(near: Sender) -> None:
    bucket = near.bucket(password="sésame, ouvre-toi")
    path = bucket.path(bucket.add(DATA))
    right = {"x-download-pass": "s%C3%A9same, ouvre-toi"}

    for method in ("GET", "HEAD"):
        assert near.ask(method, f"/v1/buckets/{bucket.sid}").status == 401
        assert near.ask(method, path).status == 401
    assert_problem(bucket.list(), 401, "password_required")
    assert_problem(near.ask("GET", path), 401, "password_required")
    assert_problem(bucket.list(**{"x-download-pass": "Sesame"}), 401, "password_wrong")
    assert_problem(near.ask("GET", path, headers={"x-download-pass": "Sesame"}), 401, "password_wrong")
    assert_problem(near.ask("GET", f"{path}?pass=1.2"), 401, "password_wrong")
    assert bucket.list(**right).status == 200
    assert near.ask("GET", path, headers=right).body == DATA


def test_a_password_is_asked_for_before_it_is_told_whether_there_is_a_file(near: Sender) -> None:
    bucket = near.bucket(password="hush")

    assert_problem(near.ask("GET", f"/s/{bucket.sid}/{ANY}/x"), 401, "password_required")
    assert_problem(near.ask("GET", f"/s/{bucket.sid}/no-id/x"), 401, "password_required")


def test_a_listing_that_was_opened_has_addresses_that_open_the_files(near: Sender) -> None:
    bucket = near.bucket(password="hush")
    bucket.add(DATA)

    address = bucket.list(**{"x-download-pass": "hush"}).json["files"][0]["url"]

    assert near.ask("GET", address.removeprefix("http://registry.example")).body == DATA


def test_a_pass_ends_with_the_password_and_opens_no_other_bucket(near: Sender) -> None:
    bucket, other = near.bucket(password="hush"), near.bucket(password="hush")
    path, elsewhere = bucket.path(bucket.add(DATA)), other.path(other.add(DATA))
    address = bucket.list(**{"x-download-pass": "hush"}).json["files"][0]["url"]
    query = address.partition("?")[2]

    assert near.ask("GET", f"{path}?{query}").status == 200
    assert_problem(near.ask("GET", f"{elsewhere}?{query}"), 401, "password_wrong")
    bucket.own("PATCH", body={"password": "hush"})
    assert_problem(near.ask("GET", f"{path}?{query}"), 401, "password_wrong")


def test_an_owner_takes_the_password_away(near: Sender) -> None:
    bucket = near.bucket(password="hush")

    bucket.own("PATCH", body={"password": ""})

    assert bucket.list().status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("PATCH", "", {"locked": True}, id="change"),
        pytest.param("DELETE", "", None, id="remove"),
        pytest.param("DELETE", f"/files/{ANY}", None, id="remove a file"),
    ],
)
def test_a_bucket_is_its_owners(near: Sender, method: str, path: str, body: object) -> None:
    bucket, other = near.bucket(), near.bucket()
    address = f"/v1/buckets/{bucket.sid}{path}"

    assert_problem(near.ask(method, address, body=body), 403, "not_the_bucket_owner")
    stranger = near.ask(method, address, body=body, headers={"Prism-Owner-Key": other.key})
    assert_problem(stranger, 403, "not_the_bucket_owner")


def test_a_file_is_removed_by_its_owner(sender: Sender) -> None:
    bucket = sender.bucket()
    fid, kept = bucket.add(DATA), bucket.add(DATA, "b.txt")

    assert bucket.own("DELETE", f"/files/{fid.uuid}").status == 204

    assert [file["file"] for file in bucket.list().json["files"]] == [kept.uuid]
    assert_problem(sender.ask("GET", bucket.path(fid)), 410, "upload_gone")


def test_a_bucket_is_removed_with_its_files(sender: Sender) -> None:
    bucket = sender.bucket()
    fid = bucket.add(DATA)

    assert bucket.own("DELETE").status == 204

    assert_problem(bucket.list(), 404, "bucket_not_found")
    assert_problem(sender.ask("GET", bucket.path(fid)), 404, "bucket_not_found")
    keys = sender.world.container.artifact_keys
    assert [key for key in sender.world.stored() if key.startswith(keys.upload_files(bucket.sid))] == [
        keys.upload_gone(*fid)
    ]


def test_a_bucket_is_kept_longer_but_not_for_ever(near: Sender) -> None:
    bucket = near.bucket(retention=60)

    kept = bucket.own("PATCH", body={"retention": 74 * 24 * 3600})

    assert kept.json["expires"] > bucket.made["expires"]
    assert bucket.list().json["secondsLeft"] > 73 * 24 * 3600
    assert_problem(bucket.own("PATCH", body={"retention": 76 * 24 * 3600}), 400, "invalid_payload")


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"retention": 59}, id="too short"),
        pytest.param({"retention": 75 * 24 * 3600 + 1}, id="too long"),
        pytest.param({"downloads": 0}, id="no downloads"),
        pytest.param({"password": ""}, id="empty password"),
        pytest.param({"maxFileBytes": 0}, id="no bytes"),
        pytest.param({"comment": "x" * 1001}, id="long comment"),
    ],
)
def test_a_bucket_that_makes_no_sense_is_not_made(near: Sender, wanted: dict[str, object]) -> None:
    assert_problem(near.ask("POST", "/v1/buckets", body=wanted), 400, "invalid_payload")
    assert near.world.stored() == []


@pytest.mark.parametrize(
    "sid", ["abcdefabcdef", "..", "x", "ABCDEFABCDEF", "abcdefabcdef%2F..", "%00", "open"]
)
def test_an_unknown_bucket_is_not_found(near: Sender, sid: str) -> None:
    assert near.ask("GET", f"/v1/buckets/{sid}").status == 404
    assert near.ask("GET", f"/s/{sid}").status == 404
    assert near.ask("GET", f"/s/{sid}/{ANY}/x").status == 404
