"""A client sends a tarball to the bucket itself, and it is published once, whoever hears of it first."""

import base64
import hashlib
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any, Final

import pytest

from chalicelib.container import Container, installed
from chalicelib.domain.access import Caller
from chalicelib.domain.direct import SMALLEST_PART, Asked
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.events.uploads import publish_uploads
from chalicelib.settings import Limits, Settings
from chalicelib.storage.port import Presigned, StorageUnavailable, StoredObject
from chalicelib.storage.s3 import S3Store
from chalicelib.storage.testing.contract.parts import send
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.api.callers import Received, assert_problem
from tests.api.test_registry import Client
from tests.events.announcing import announced
from tests.worlds import World, filesystem_world, memory_world, package, s3_world
from tests.worlds import world as new_world

ADMIN: Final = "the-operators-own-token"
FUNCTION: Final = "AWS:AROAEXAMPLE:prism-api"
"""Whom S3 names as the sender: the function that has signed the URL."""
LARGE: Final = package(files={"large.bin": random.Random(0).randbytes(2 * SMALLEST_PART + 1000)})
"""Three parts of the smallest size there is."""


def asked(data: bytes, **fields: object) -> dict[str, object]:
    """Answer what a client says of the tarball that it wants to send."""
    told = {"name": "demo", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**told, "publisher": {"name": "Alice"}, **fields}


def write(signed: dict[str, Any], data: bytes, **others: str) -> int:
    """Send bytes as the registry says, and answer the status."""
    assert signed["method"] == "PUT"
    return send(Presigned(signed["url"], {**signed["headers"], **others}), data)


class Uploader(Client):
    """Sends tarballs to a bucket."""

    def begin(self, data: bytes, **fields: object) -> dict[str, Any]:
        answer = self.call("POST", "/v1/uploads/direct", asked(data, **fields))
        assert answer.status == 201, answer.body
        told: dict[str, Any] = answer.json
        return told

    def sent(self, data: bytes, **fields: object) -> dict[str, Any]:
        """Send a tarball, and answer the upload."""
        told = self.begin(data, **fields)
        assert write(told["write"], data) == 200
        return told

    def complete(self, told: dict[str, Any]) -> Received:
        return self.call("POST", told["complete"])

    def parts(self, told: dict[str, Any], query: str = "") -> dict[str, Any]:
        answer = self.get(told["parts"] + query)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def send_parts(self, told: dict[str, Any], data: bytes, numbers: list[int]) -> None:
        size = told["partSize"]
        for part in self.parts(told)["parts"]:
            if part["number"] in numbers:
                start = (part["number"] - 1) * size
                assert write(part, data[start : start + size]) == 200

    def key(self, told: dict[str, Any]) -> str:
        return self.world.container.incoming.key(f"direct/{told['id']}")

    def event(self, told: dict[str, Any]) -> dict[str, Any]:
        """Answer what S3 says of the object."""
        event = announced(self.world, self.key(told), FUNCTION)
        event["Records"][0]["s3"]["bucket"]["name"] = self.world.container.artifact_bucket
        return event

    def announce(self, event: dict[str, Any]) -> dict[str, Any]:
        with installed(self.world.fresh()):
            [verdict] = publish_uploads(event)["verdicts"].values()
        found: dict[str, Any] = verdict
        return found

    def events_of(self, name: str = "demo") -> list[tuple[str, str | None, str]]:
        """Answer what has happened to a package, and who has done it."""
        head = self.world.fresh().heads.get(name)
        return [(event.type, event.version, event.actor) for event in head.events] if head else []

    def left(self) -> list[str]:
        """Answer the rooms in which anything of an upload lies that is no more than a note of it."""
        return [key for key in self.world.stored() if "/incoming/" in key or "/staged/" in key]


@pytest.fixture(params=["moto", "localstack"])
def client(request: pytest.FixtureRequest) -> Iterator[Uploader]:
    emulator = request.getfixturevalue({"moto": "s3_emulator"}.get(request.param, request.param))
    yield from uploading(s3_world(emulator.endpoint, emulator.new_bucket()))


@pytest.fixture
def light(s3_emulator: Any) -> Iterator[Uploader]:
    """Give a client of the emulator that judges no signatures."""
    yield from uploading(s3_world(s3_emulator.endpoint, s3_emulator.new_bucket()))


@pytest.fixture
def strict(localstack: Any) -> Iterator[Uploader]:
    """Give a client of the emulator that judges them."""
    yield from uploading(s3_world(localstack.endpoint, localstack.new_bucket()))


def uploading(world: World) -> Iterator[Uploader]:
    yield Uploader(world)
    assert isinstance(world.medium, S3Store)
    world.medium.client.close()


def set_inline(container: Container, inline: int) -> None:
    """Let a container publish no more at once."""
    container.direct._inline = inline


class TestSentAtOnce:
    """One request carries the bytes."""

    def test_a_tarball_is_sent_to_the_bucket_and_published(self, client: Uploader) -> None:
        data = package("1.2.0")

        told = client.sent(data, version="1.2.0", tag="next", source="cli")
        answer = client.complete(told)

        assert (answer.status, answer.json["status"], answer.json["version"]) == (200, "published", "1.2.0")
        assert answer.json["jobId"] == told["job"]["id"]
        assert client.get(told["job"]["url"]).json["state"] == "completed"
        assert client.get(told["status"]).json == answer.json
        page = client.get("/v1/packages/demo").json
        assert page["tags"]["next"] == "1.2.0"
        assert client.get("/v1/packages/demo/1.2.0").json["metadata"]["source"] == "cli"
        assert client.get("/v1/packages/demo/1.2.0.tgz").status in {200, 302}
        stored = client.world.medium.get(client.world.container.keys.tarball("demo", "1.2.0"))
        assert isinstance(stored, StoredObject)
        assert stored.data == data
        assert client.left() == []

    def test_the_client_is_told_the_very_headers(self, light: Uploader) -> None:
        data = package()

        told = light.begin(data)

        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        assert told["write"]["headers"] == {
            "Content-Type": "application/gzip",
            "Content-Length": str(len(data)),
            "x-amz-checksum-sha256": digest,
            "If-None-Match": "*",
        }
        assert {"partSize", "partCount", "parts", "version", "tag"}.isdisjoint(told)
        answer = light.get(f"/v1/uploads/direct/{told['id']}")
        assert (answer.status, answer.json["write"]["headers"]) == (200, told["write"]["headers"])
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            pytest.param(lambda data: data + b"x", 403, id="more bytes"),
            pytest.param(lambda data: data[:-1], 403, id="fewer bytes"),
            pytest.param(lambda data: data[:-1] + b"x", 400, id="other bytes"),
        ],
    )
    def test_other_bytes_are_refused_by_the_bucket(
        self, strict: Uploader, change: Callable[[bytes], bytes], status: int
    ) -> None:
        data = package()
        told = strict.begin(data)
        sent = change(data)

        assert write(told["write"], sent, **{"Content-Length": str(len(sent))}) == status

        assert strict.left() == []
        assert_problem(strict.complete(told), 409, "upload_unfinished")

    def test_another_digest_is_refused_by_the_bucket(self, strict: Uploader) -> None:
        data, evil = package("1.0.0"), package("6.6.6")
        assert len(data) == len(evil)
        told = strict.begin(data)
        digest = base64.b64encode(hashlib.sha256(evil).digest()).decode()

        assert write(told["write"], evil, **{"x-amz-checksum-sha256": digest}) == 403

        assert strict.left() == []

    def test_a_url_writes_once(self, strict: Uploader) -> None:
        told = strict.sent(package())

        assert write(told["write"], package()) == 412

    def test_bytes_that_come_late_are_waited_for(self, light: Uploader) -> None:
        data = package()
        told = light.begin(data)

        assert_problem(light.complete(told), 409, "upload_unfinished")
        write(told["write"], data)

        assert light.complete(told).json["status"] == "published"

    def test_other_bytes_that_get_there_are_refused_and_leave_nothing(self, light: Uploader) -> None:
        told = light.begin(package("1.0.0"))
        light.world.medium.put(light.key(told), package("6.6.6"))

        answer = light.complete(told)

        assert (answer.status, answer.json["status"], answer.json["code"]) == (
            200,
            "refused",
            "digest_mismatch",
        )
        assert light.left() == []
        assert light.events_of() == []

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            pytest.param({"version": "2.0.0"}, "version_mismatch", id="another version"),
            pytest.param({"name": "other"}, "name_mismatch", id="another name"),
        ],
    )
    def test_what_was_declared_is_held_to(
        self, light: Uploader, fields: dict[str, object], code: str
    ) -> None:
        told = light.sent(package("1.0.0"), **fields)

        assert light.complete(told).json["code"] == code
        assert light.left() == []


class TestWhoeverIsFirst:
    """The event of the bucket and the call of the client come to one job, in the name of who has asked."""

    def test_the_event_may_be_first(self, client: Uploader) -> None:
        told = client.sent(package(), tag="next")
        event = client.event(told)

        verdict = client.announce(event)
        answer = client.complete(told)

        assert (answer.status, answer.json) == (200, verdict)
        assert client.events_of() == [("publish", "1.0.0", "Alice")]
        assert client.get("/v1/packages/demo").json["tags"]["next"] == "1.0.0"

    def test_the_call_may_be_first(self, client: Uploader) -> None:
        told = client.sent(package(), tag="next")
        event = client.event(told)

        answer = client.complete(told)
        verdict = client.announce(event)

        assert verdict == answer.json
        assert client.events_of() == [("publish", "1.0.0", "Alice")]

    def test_both_may_come_at_once_and_often(self, strict: Uploader) -> None:
        told = strict.sent(package())
        event = strict.event(told)
        gate = Barrier(6)

        def run(number: int) -> str:
            container = strict.world.fresh()
            gate.wait()
            if number % 2:
                return str(container.direct.complete(told["id"], Caller()).status)
            verdict = container.ingesting.ingest(
                strict.key(told), FUNCTION, etag=event["Records"][0]["s3"]["object"]["eTag"]
            )
            return verdict.status if verdict else "none"

        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(run, range(6)))

        assert set(found) <= {"published", "pending"}
        assert strict.complete(told).json["status"] == "published"
        assert strict.events_of() == [("publish", "1.0.0", "Alice")]
        jobs = strict.world.fresh().executions.get_all_jobs()
        assert [(job.id, job.state) for job in jobs] == [(told["job"]["id"], "completed")]
        assert strict.left() == []

    def test_what_is_too_large_for_a_function_is_left_to_the_event(self, light: Uploader) -> None:
        told = light.sent(package())
        set_inline(light.world.container, 1)

        answer = light.complete(told)

        assert (answer.status, answer.json["status"]) == (202, "pending")
        assert (answer.json["jobId"], answer.headers["retry-after"]) == (told["job"]["id"], "2")
        light.announce(light.event(told))
        assert light.complete(told).json["status"] == "published"

    def test_nothing_is_published_in_the_name_of_the_function(self, light: Uploader) -> None:
        data = package()
        told = light.begin(data)
        assert light.call("DELETE", f"/v1/uploads/direct/{told['id']}").status == 204
        assert write(told["write"], data) == 200

        verdict = light.announce(light.event(told))

        assert (verdict["status"], verdict["code"]) == ("refused", "upload_gone")
        assert light.left() == []
        assert light.events_of() == []

    def test_what_nobody_has_wished_for_is_refused(self, light: Uploader) -> None:
        light.world.medium.put("prism/incoming/direct/mine.tgz", package())
        event = announced(light.world, "prism/incoming/direct/mine.tgz", FUNCTION)
        event["Records"][0]["s3"]["bucket"]["name"] = light.world.container.artifact_bucket

        assert light.announce(event)["code"] == "upload_gone"
        assert light.events_of() == []


class TestInParts:
    """Parts come in any order, and again."""

    def test_a_part_that_is_lost_is_told_of_and_sent_again(self, client: Uploader) -> None:
        told = client.begin(LARGE, partSize=SMALLEST_PART)
        assert (told["partCount"], "write" in told) == (3, False)

        client.send_parts(told, LARGE, [3, 1])
        problem = assert_problem(client.complete(told), 409, "upload_unfinished")
        assert problem["missing"] == [2]
        listed = client.parts(told)
        assert [(part["number"], part["arrived"]) for part in listed["parts"]] == [
            (1, True),
            (2, False),
            (3, True),
        ]
        assert sum(part["size"] for part in listed["parts"]) == len(LARGE)

        client.send_parts(told, LARGE, [2])
        answers = [client.complete(told) for _ in range(2)]

        assert [answer.json["status"] for answer in answers] == ["published"] * 2
        assert client.events_of() == [("publish", "1.0.0", "Alice")]
        assert client.left() == []
        assert_problem(client.get(told["parts"]), 409, "upload_finished")

    def test_parts_are_listed_in_pages(self, light: Uploader) -> None:
        told = light.begin(LARGE, partSize=SMALLEST_PART)

        first = light.parts(told, "?limit=2")
        rest = light.get(first["next"]).json

        assert [part["number"] for part in (*first["parts"], *rest["parts"])] == [1, 2, 3]
        assert "next" not in rest
        assert light.parts(told, "?from=4")["parts"] == []

    def test_a_part_that_was_cut_has_not_arrived(self, light: Uploader) -> None:
        told = light.begin(LARGE, partSize=SMALLEST_PART)
        light.send_parts(told, LARGE, [1, 2, 3])
        cut = light.parts(told)["parts"][1]
        assert write(cut, b"x", **{"Content-Length": "1"}) == 200

        assert assert_problem(light.complete(told), 409, "upload_unfinished")["missing"] == [2]

    def test_a_part_of_another_length_is_refused_by_the_bucket(self, strict: Uploader) -> None:
        told = strict.begin(LARGE, partSize=SMALLEST_PART)
        part = strict.parts(told)["parts"][0]

        assert write(part, b"x", **{"Content-Length": "1"}) == 403

    def test_other_parts_than_were_meant_are_refused(self, light: Uploader) -> None:
        told = light.begin(LARGE, partSize=SMALLEST_PART)
        light.send_parts(told, b"x" * len(LARGE), [1, 2, 3])

        assert light.complete(told).json["code"] == "digest_mismatch"
        assert light.left() == []

    def test_an_upload_that_was_given_up_takes_no_parts(self, client: Uploader) -> None:
        told = client.begin(LARGE, partSize=SMALLEST_PART)
        part = client.parts(told)["parts"][0]
        path = f"/v1/uploads/direct/{told['id']}"

        assert client.call("DELETE", path).status == 204

        assert write(part, LARGE[:SMALLEST_PART]) >= 400
        assert_problem(client.call("DELETE", path), 404, "upload_not_found")
        assert_problem(client.complete(told), 404, "upload_not_found")
        assert client.world.stored() == []

    def test_parts_that_the_bucket_has_removed_are_gone(self, light: Uploader) -> None:
        told = light.begin(LARGE, partSize=SMALLEST_PART)
        wish = light.world.container.wishes.find(told["id"])
        assert wish is not None
        light.world.medium.abort_multipart(light.key(told), upload_id=wish.multipart_id or "")

        assert_problem(light.complete(told), 410, "upload_gone")
        assert_problem(light.get(told["parts"]), 410, "upload_gone")

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
    def test_a_fault_at_any_call_until_the_parts_are_joined_loses_nothing(
        self, light: Uploader, fault: Fault
    ) -> None:
        data = bytes(SMALLEST_PART + 1)
        for call in range(1, 20):
            told = light.begin(data, partSize=SMALLEST_PART)
            light.send_parts(told, data, [1, 2])
            faulty = FaultyStore(light.world.medium, fault, at=call)
            dying = light.world.fresh(faulty)
            set_inline(dying, 1)
            try:
                dying.direct.complete(told["id"], Caller())
            except (Death, StorageUnavailable):
                assert faulty.struck
            again = light.world.fresh()
            set_inline(again, 1)

            assert again.direct.complete(told["id"], Caller()).status == "pending"

            assert light.world.medium.head(light.key(told)).size == len(data)
            if not faulty.struck:
                return
        pytest.fail("the parts were never joined")


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
def test_a_fault_at_any_call_of_an_upload_loses_nothing(light: Uploader, fault: Fault) -> None:
    """Only calls about the upload are struck; those of the publish itself are struck elsewhere."""
    for call in range(1, 20):
        data = package(f"1.0.{call}")
        told = light.sent(data)
        for within in ("/wishes/", "/incoming/", "/verdicts/"):
            faulty = FaultyStore(light.world.medium, fault, at=call, within=within)
            try:
                light.world.fresh(faulty).direct.complete(told["id"], Caller())
            except (Death, StorageUnavailable):
                assert faulty.struck
        found = light.world.later().direct.complete(told["id"], Caller())

        assert (found.status, found.version) == ("published", f"1.0.{call}")
        assert [key for key in light.left() if told["id"] in key or "/staged/" in key] == []
        if not faulty.struck and call > 5:
            return
    pytest.fail("the upload never came to its end")


def test_a_beginning_that_dies_leaves_nothing_that_is_seen(light: Uploader) -> None:
    wanted = Asked(
        PackageName("demo"), len(LARGE), "0" * 64, Publisher(name="Alice"), "api", part_size=SMALLEST_PART
    )
    for call in range(1, 6):
        try:
            light.world.fresh(FaultyStore(light.world.medium, Fault.DEATH_BEFORE, at=call)).direct.begin(
                wanted, Caller()
            )
        except Death:
            assert light.world.stored() == []
        else:
            return
    pytest.fail("no upload was begun")


class TestBeginning:
    """What cannot become a version is refused before a byte is sent."""

    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            pytest.param({"size": 0}, 400, "invalid_payload", id="nothing"),
            pytest.param({"size": 2000}, 413, "upload_too_large", id="too large"),
            pytest.param({"size": 6 << 40}, 413, "upload_too_large", id="larger than any object"),
            pytest.param({"sha256": "abc"}, 400, "invalid_payload", id="no digest"),
            pytest.param({"name": "No Name"}, 400, "invalid_name", id="no name"),
            pytest.param({"version": "one"}, 400, "invalid_version", id="no version"),
            pytest.param({"tag": "1.0.0"}, 400, "invalid_tag", id="no tag"),
            pytest.param({"partSize": 1}, 400, "invalid_payload", id="tiny parts"),
            pytest.param({"partSize": 6 << 30}, 400, "invalid_payload", id="huge parts"),
            pytest.param({"digest": "abc"}, 400, "invalid_payload", id="a misspelt field"),
        ],
    )
    def test_it_is_refused_and_leaves_nothing(
        self, light: Uploader, fields: dict[str, object], status: int, code: str
    ) -> None:
        settings = replace(light.world.settings, limits=Limits(unpacked_size=1000))
        light.world.container = Container(settings, store=light.world.store)

        answer = light.call("POST", "/v1/uploads/direct", asked(package(), **fields))

        assert_problem(answer, status, code)
        assert light.world.stored() == []

    @pytest.mark.parametrize("size", [100, 200 << 20])
    def test_a_registry_whose_storage_takes_nothing_from_clients_says_what_to_do(
        self, tmp_path: Any, size: int
    ) -> None:
        for world in (memory_world(), filesystem_world(tmp_path)):
            client = Client(world)

            answer = client.call("POST", "/v1/uploads/direct", asked(package(), size=size))

            problem = assert_problem(answer, 409, "direct_unavailable")
            assert "/v1/uploads" in problem["detail"]
            assert world.stored() == []

    def test_it_costs_two_calls_and_a_third_in_parts(self, light: Uploader) -> None:
        light.world.store.reset()
        light.begin(LARGE)
        whole = [call.verb for call in light.world.store.calls]
        light.world.store.reset()
        light.begin(LARGE, partSize=SMALLEST_PART)
        parts = [call.verb for call in light.world.store.calls]

        assert whole == ["get", "presign_put", "put"]
        assert parts == ["get", "begin_multipart", "put"]

    def test_a_digest_may_be_sent_in_upper_case(self, light: Uploader) -> None:
        data = package()
        told = light.begin(data, sha256=hashlib.sha256(data).hexdigest().upper())

        assert write(told["write"], data) == 200
        assert light.complete(told).json["status"] == "published"


class TestWhoMay:
    """An upload is its beginner's; to others there is none."""

    @pytest.fixture
    def guarded(self, s3_emulator: Any) -> Iterator[Uploader]:
        found = s3_world(s3_emulator.endpoint, s3_emulator.new_bucket())
        settings = replace(found.settings, access="token", admin_token=ADMIN)
        yield from uploading(new_world(settings, found.medium))

    def token(self, client: Uploader, name: str, *packages: str, scope: str = "publish") -> dict[str, str]:
        """Make a token, and answer the header to be sent."""
        body = {"name": name, "scopes": [scope], **({"packages": list(packages)} if packages else {})}
        made = client.call("POST", "/v1/tokens", body, {"Authorization": f"Bearer {ADMIN}"})
        assert made.status == 201, made.body
        return {"Authorization": f"Bearer {made.json['token']}"}

    def test_who_begins_is_the_publisher_whatever_they_claim(self, guarded: Uploader) -> None:
        ada = self.token(guarded, "ada")
        begun = guarded.call("POST", "/v1/uploads/direct", asked(package()), ada).json
        assert write(begun["write"], package()) == 200

        assert guarded.announce(guarded.event(begun))["status"] == "published"

        assert guarded.events_of() == [("publish", "1.0.0", "ada")]

    def test_others_find_no_upload(self, guarded: Uploader) -> None:
        ada, bob = self.token(guarded, "ada"), self.token(guarded, "bob")
        narrow = self.token(guarded, "ada", "@acme/*")
        begun = guarded.call("POST", "/v1/uploads/direct", asked(LARGE, partSize=SMALLEST_PART), ada).json
        path = f"/v1/uploads/direct/{begun['id']}"
        asks = [("GET", path), ("GET", f"{path}/parts"), ("POST", f"{path}/complete"), ("DELETE", path)]

        for headers in (bob, narrow):
            for method, address in asks:
                answer = guarded.call(method, address, headers=headers)
                assert_problem(answer, 404, "upload_not_found")
        assert_problem(guarded.call("GET", path), 401, "authentication_required")
        assert_problem(
            guarded.call("GET", path, headers=self.token(guarded, "r", scope="read")), 403, "forbidden"
        )
        assert guarded.call("GET", path, headers=ada).status == 200

    def test_a_token_for_other_packages_begins_nothing(self, guarded: Uploader) -> None:
        answer = guarded.call(
            "POST", "/v1/uploads/direct", asked(package()), self.token(guarded, "eve", "@evil/*")
        )

        assert_problem(answer, 403, "forbidden")

    def test_who_is_not_trusted_with_the_package_begins_nothing(self, guarded: Uploader) -> None:
        guarded.world.container.granting.allow_publisher("ada", by=Caller(name="admin"))

        answer = guarded.call("POST", "/v1/uploads/direct", asked(package()), self.token(guarded, "bob"))

        assert_problem(answer, 403, "publisher_not_allowed")

    def test_trust_that_was_taken_away_meanwhile_counts(self, guarded: Uploader) -> None:
        ada = self.token(guarded, "ada")
        begun = guarded.call("POST", "/v1/uploads/direct", asked(package()), ada).json
        assert write(begun["write"], package()) == 200
        guarded.world.container.granting.allow_publisher("bob", by=Caller(name="admin"))

        verdict = guarded.announce(guarded.event(begun))

        assert verdict["code"] == "publisher_not_allowed"


@pytest.mark.parametrize("wished", ["0" * 32, "x", "a%2Fb", "..%2Fheads%2Fdemo", "A" * 32])
def test_an_upload_that_was_never_begun_is_not_found(wished: str) -> None:
    client = Client(memory_world())

    assert_problem(client.get(f"/v1/uploads/direct/{wished}"), 404, "upload_not_found")
    assert_problem(client.call("POST", f"/v1/uploads/direct/{wished}/complete"), 404, "upload_not_found")


def test_settings_without_a_bucket_need_no_sdk() -> None:
    assert Container(Settings(storage_driver="memory")).direct is not None


def test_what_is_published_cannot_be_given_up(light: Uploader) -> None:
    told = light.sent(package())
    light.complete(told)

    problem = assert_problem(light.call("DELETE", f"/v1/uploads/direct/{told['id']}"), 409, "upload_finished")

    assert problem["detail"].startswith("the upload is at its end: published")
    assert light.complete(told).json["status"] == "published"
